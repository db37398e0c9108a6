// Asks once whether this browser can draw with WebGL 2, tells the page, and takes no room on it.
const answered = new WeakMap()
export default function ({ parentElement, setStateValue, data }) {
  const box = (parentElement.host ?? parentElement).closest('[data-testid="stElementContainer"]')
  if (box) Object.assign(box.style, { position: "absolute", height: "0", overflow: "hidden" })
  if (answered.has(parentElement)) return
  const canvas = document.createElement("canvas")
  const context = canvas.getContext("webgl2")
  const answer = Boolean(context)
  context?.getExtension("WEBGL_lose_context")?.loseContext() // browsers allow few at once
  answered.set(parentElement, answer)
  if (data.webgl !== answer) setStateValue("webgl", answer)
}
