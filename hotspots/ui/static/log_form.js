// Notes are sent a moment after the last key, and when the phone locks or another tab is shown, not only when the field
// is left. Ctrl+Enter is Streamlit's own way to send a text area: the field keeps its focus and its caret.
const WAIT = 700
const FIELD = ".st-key-log_form textarea"
export default function ({ parentElement }) {
  const host = parentElement.host ?? parentElement
  const own = host.closest('[data-testid="stElementContainer"]')
  if (own) Object.assign(own.style, { position: "absolute", height: "0", overflow: "hidden" })
  let timer = 0
  const send = field =>
    field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", ctrlKey: true, bubbles: true, cancelable: true }))
  const typed = event => {
    if (!event.target.matches?.(FIELD) || event.isComposing) return
    clearTimeout(timer)
    timer = setTimeout(() => send(event.target), WAIT)
  }
  const leaving = () => {
    if (document.visibilityState === "hidden") document.querySelectorAll(FIELD).forEach(send)
  }
  document.addEventListener("input", typed)
  document.addEventListener("compositionend", typed)
  document.addEventListener("visibilitychange", leaving)
  return () => {
    clearTimeout(timer)
    document.removeEventListener("input", typed)
    document.removeEventListener("compositionend", typed)
    document.removeEventListener("visibilitychange", leaving)
  }
}
