// The map's zoom buttons lie over the map, which takes a press on them for a press on the cell behind.
// The press is kept from the map here; the click that follows still reaches the button.
const guarded = new WeakSet()
const watching = new WeakMap()
const PRESSES = ["pointerdown", "pointerup", "mousedown", "mouseup", "touchstart", "touchend", "dblclick"]
export default function ({ parentElement, data }) {
  const host = parentElement.host ?? parentElement
  const own = host.closest('[data-testid="stElementContainer"]')
  if (own) Object.assign(own.style, { position: "absolute", height: "0", overflow: "hidden" })
  const block = host.closest(`.st-key-${CSS.escape(data.box)}`) ?? document
  const guard = () => {
    for (const buttons of block.querySelectorAll('[data-testid="stDeckGlJsonChartZoomButton"]')) {
      if (guarded.has(buttons)) continue
      guarded.add(buttons)
      buttons.setAttribute("data-guarded", "")
      for (const name of PRESSES) buttons.addEventListener(name, event => event.stopPropagation())
    }
  }
  guard()
  watching.get(parentElement)?.disconnect()
  const watch = new MutationObserver(guard)
  watching.set(parentElement, watch)
  watch.observe(block === document ? document.body : block, { childList: true, subtree: true })
  return () => watch.disconnect()
}
