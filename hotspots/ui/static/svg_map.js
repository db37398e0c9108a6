// A map without WebGL. All words from data go in by textContent; nothing is fetched.
const SVG = "http://www.w3.org/2000/svg"
const DRAG = 5 // pixels a pointer may move and still be a click
const HELP = "Arrow keys move between cells, Enter chooses one, + and − zoom, 0 shows all."
const maps = new WeakMap()
let count = 0

function element(name, attributes = {}, parent = null, words = null) {
  const made = document.createElementNS(name.startsWith("svg:") ? SVG : "http://www.w3.org/1999/xhtml", name.replace("svg:", ""))
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
  if (words !== null) made.textContent = words
  if (parent) parent.appendChild(made)
  return made
}

function ringPath(points) {
  let path = ""
  for (let i = 0; i < points.length; i += 2) path += (i ? "L" : "M") + points[i] + " " + points[i + 1]
  return path + "Z"
}

function holds(points, x, y) { // even-odd rule
  let inside = false
  for (let i = 0, j = points.length - 2; i < points.length; j = i, i += 2) {
    const [xi, yi, xj, yj] = [points[i], points[i + 1], points[j], points[j + 1]]
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside
  }
  return inside
}

class Map_ {
  constructor(root) {
    this.id = "map" + ++count
    this.figure = element("figure", {}, root)
    this.pointers = new Map()
    this.at = -1
    this.chosen = -1
  }

  draw(map, dark) { // everything anew; called only when the map itself has changed
    this.map = map
    // Corners are sent as distances from the centre: shorter.
    this.cells = map.cells.map((cell) => ({ ...cell, p: cell.p.map((v, i) => v + (i % 2 ? cell.y : cell.x)) }))
    this.figure.replaceChildren()
    this.figure.setAttribute("aria-label", map.name)
    this.figure.style.setProperty("--ground", dark ? "#d6d5d0" : "#f4f4f1")
    this.ground = element("div", { class: "ground" }, this.figure)
    this.svg = element("svg:svg", { class: "map", role: "img", "aria-label": map.name, "data-cells": map.cells.length }, this.ground)
    this.hatching()
    this.shapes()
    this.list = element("div", { class: "list", role: "listbox", tabindex: 0, "aria-label": map.name + ". " + HELP }, this.ground)
    this.option = element("div", { class: "unseen", role: "option", id: this.id + "-now", "aria-selected": "false" }, this.list, "No cell yet")
    this.buttons()
    this.tip = element("div", { class: "tip", hidden: "", "aria-hidden": "true" }, this.ground)
    this.key()
    element("p", { class: "help", "aria-hidden": "true" }, this.figure, HELP)
    this.said = element("p", { class: "said", role: "status", "aria-live": "polite" }, this.figure)
    this.listen()
    this.watch?.disconnect()
    this.watch = new ResizeObserver(() => this.look(this.seen))
    this.watch.observe(this.svg)
    this.look(this.fitted())
  }

  fitted() { return { x: this.map.view[0], y: this.map.view[1], w: Math.max(this.map.view[2], 200), h: Math.max(this.map.view[3], 200) } }

  hatching() {
    const pattern = element("svg:pattern", { id: this.id + "-hatch", width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" }, element("svg:defs", {}, this.svg))
    element("svg:rect", { width: 6, height: 6, fill: "#bdbdbd" }, pattern)
    element("svg:path", { d: "M0 0V6", stroke: "#5a5a5a", "stroke-width": 2 }, pattern)
    this.pattern = pattern
  }

  shapes() { // one path per class and square of 4 km: few elements, and the browser skips those out of sight
    const colours = this.map.legend.filter(row => !row.hatched).map(row => row.colour)
    const paths = new Map()
    for (const cell of this.cells) {
      const squares = paths.get(cell.k) ?? new Map()
      const square = (cell.x >> 12) + "/" + (cell.y >> 12)
      paths.set(cell.k, squares.set(square, (squares.get(square) ?? "") + ringPath(cell.p)))
    }
    this.layers = [...paths.keys()].sort((a, b) => a - b).map(k => {
      const layer = element("svg:g", { fill: k < 0 ? `url(#${this.id}-hatch)` : colours[k] }, this.svg)
      for (const d of paths.get(k).values()) element("svg:path", { class: "cells", d }, layer)
      return { layer, colour: k < 0 ? "#8a8a8a" : colours[k] }
    })
    for (const line of this.map.outlines) element("svg:path", { class: "outline", d: line.d }, this.svg)
    for (const kind of ["casing", "line"]) { // every casing below every line
      for (const area of this.map.areas) element("svg:path", { class: `area ${kind} ${area.line}`, "data-area": area.n, d: area.d }, this.svg)
    }
    for (const kind of ["casing", "line"]) if (this.map.marked) element("svg:path", { class: "marked " + kind, d: this.map.marked }, this.svg)
    this.halo = element("svg:path", { class: "ring", stroke: "#ffffff", "stroke-width": 7 }, this.svg)
    this.ring = element("svg:path", { class: "ring chosen", stroke: "#000000", "stroke-width": 3.5 }, this.svg)
    this.here = element("svg:path", { class: "ring here", stroke: "#12436d", "stroke-width": 3, "stroke-dasharray": "5 3" }, this.svg)
    const first = { solid: 2000, dashed: 1999, dotted: 975 } // areas without a role stand back behind the top cells
    this.labels = this.cells.filter(cell => cell.m !== undefined ? cell.m : cell.r <= this.map.top)
      .map(cell => ({ x: cell.x, y: cell.y, words: cell.m ?? String(cell.r), size: this.map.mark_size, rank: 1000 - cell.r, cell: cell.c }))
      .concat(this.map.areas.map(area => ({ x: area.x, y: area.y, words: area.n, size: 14, rank: first[area.line], area: area.n })))
      .concat(this.map.places.map(place => ({ x: place.x, y: place.y, words: place.n, size: 10 + 1.5 * place.s, rank: place.s - 5000 })))
      .sort((a, b) => b.rank - a.rank)
    this.marks = (this.map.ringed ? this.cells.filter(cell => cell.m) : []) // a ring in the cell's colour, seen from far away
      .map(cell => ({ cell, ring: element("svg:circle", { class: "ring mark", cx: cell.x, cy: cell.y, stroke: colours[cell.k], "stroke-width": 3 }, this.svg) }))
    for (const label of this.labels) {
      const about = label.cell ? { class: "number", "data-cell": label.cell } : label.area ? { class: "number", "data-area": label.area } : { class: "place" }
      label.text = element("svg:text", about, this.svg, label.words)
    }
  }

  buttons() {
    const box = element("div", { class: "buttons" }, this.ground)
    const made = [["+", "Zoom in", () => this.zoom(0.6)], ["−", "Zoom out", () => this.zoom(1 / 0.6)], ["⤢", "Show all cells", () => this.reset()]]
    for (const [sign, name, act] of made) element("button", { type: "button", "aria-label": name, title: name }, box, sign).onclick = act
  }

  key() {
    const explained = this.map.legend.some(row => row.meaning) // a line each
    const caption = element("figcaption", { class: explained ? "long" : "" }, this.figure)
    element("strong", {}, caption, this.map.legend_title)
    for (const row of this.map.legend) {
      const item = element("span", { class: "legend" }, caption)
      element("span", { class: row.hatched ? "swatch hatched" : "swatch" }, item).style.backgroundColor = row.colour
      if (row.glyph !== undefined) element("span", { class: "sign", "aria-hidden": "true" }, item, row.glyph)
      item.append(row.label)
      if (row.meaning) element("span", { class: "meaning" }, item, " – " + row.meaning)
    }
    for (const row of this.map.lines) {
      const item = element("span", { class: "legend" }, caption)
      element("span", { class: "stroke " + row.line }, element("span", { class: "paper" }, item))
      item.append(row.label)
    }
  }

  look(seen) { // show this part of the ground; the picture keeps its scale in both directions
    const [bx, by, bw, bh] = this.map.box
    const size = this.svg.getBoundingClientRect()
    const largest = Math.max(bw, bh) * 2.5
    const scale = Math.min(largest / Math.max(seen.w, seen.h), Math.max(1, 150 / Math.min(seen.w, seen.h)))
    const [w, h] = [seen.w * scale, seen.h * scale]
    const cx = Math.min(Math.max(seen.x + seen.w / 2, bx), bx + bw)
    const cy = Math.min(Math.max(seen.y + seen.h / 2, by), by + bh)
    this.seen = { x: cx - w / 2, y: cy - h / 2, w, h }
    this.svg.setAttribute("viewBox", `${this.seen.x} ${this.seen.y} ${w} ${h}`)
    if (!size.width || !size.height) return
    this.metres = Math.max(w / size.width, h / size.height) // in a pixel
    this.pattern.setAttribute("patternTransform", `rotate(45) scale(${this.metres})`)
    const edge = this.cells.length ? Math.hypot(this.cells[0].p[0] - this.cells[0].x, this.cells[0].p[1] - this.cells[0].y) / this.metres : 0
    for (const { layer, colour } of this.layers) { // far away the edge makes a small cell visible, near it parts the cells
      layer.setAttribute("stroke", edge > 6 ? "#5a5a5a" : colour)
      layer.setAttribute("stroke-width", edge > 6 ? 0.6 : 1.6)
    }
    this.place()
  }

  place() { // labels keep their size on the screen; where two would overlap, the more important one stays
    for (const { ring } of this.marks) ring.setAttribute("r", 13 * this.metres)
    const taken = []
    for (const label of this.labels) {
      const [w, h] = [(label.words.length * label.size * 0.6 + 6) * this.metres, (label.size + 4) * this.metres]
      const steps = label.cell ? [0] : [0, -1, 1, -1.8, 1.8] // a number stands on its cell, a name may step aside
      const boxes = steps.map(step => [label.x - w / 2, label.y + (step - 0.5) * h, label.x + w / 2, label.y + (step + 0.5) * h])
      const box = boxes.find(b => !taken.some(t => b[0] < t[2] && t[0] < b[2] && b[1] < t[3] && t[1] < b[3]))
      label.text.style.display = box ? "" : "none"
      if (!box) continue
      taken.push(box)
      const set = { x: label.x, y: (box[1] + box[3]) / 2, "font-size": label.size * this.metres, "stroke-width": 3 * this.metres }
      for (const [key, value] of Object.entries(set)) label.text.setAttribute(key, value)
    }
  }

  zoom(factor, about = null) {
    const { x, y, w, h } = this.seen
    const [px, py] = about ?? [x + w / 2, y + h / 2]
    this.look({ x: px - (px - x) * factor, y: py - (py - y) * factor, w: w * factor, h: h * factor })
    this.svg.classList.add("moved")
  }

  reset() {
    this.look(this.fitted())
    this.svg.classList.remove("moved") // one finger scrolls the page again
  }

  ground_at(event) {
    const matrix = this.svg.getScreenCTM()?.inverse()
    if (!matrix) return [NaN, NaN]
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix)
    return [point.x, point.y]
  }

  cell_at(event) {
    const [x, y] = this.ground_at(event)
    const near = 4 * this.metres // a cell smaller than a fingertip is still found
    let found = -1, best = Infinity
    for (let i = 0; i < this.cells.length; i++) {
      const cell = this.cells[i]
      const far = Math.hypot(cell.x - x, cell.y - y)
      if (far < best && (far < near || (far < 1000 && holds(cell.p, x, y)))) [found, best] = [i, far]
    }
    return found
  }

  listen() {
    const touching = new Map()
    let moved = 0
    this.svg.onpointerdown = event => {
      if (event.button !== 0) return
      touching.set(event.pointerId, [event.clientX, event.clientY])
      if (touching.size === 1) moved = 0
      this.list.focus({ preventScroll: true })
    }
    this.svg.onpointermove = event => {
      const before = touching.get(event.pointerId)
      if (!before) return this.hover(event)
      const others = [...touching].filter(([id]) => id !== event.pointerId).map(([, at]) => at)
      moved += Math.hypot(event.clientX - before[0], event.clientY - before[1])
      touching.set(event.pointerId, [event.clientX, event.clientY])
      if (others.length) { // two fingers
        const gap = at => Math.hypot(at[0] - others[0][0], at[1] - others[0][1])
        this.zoom(gap(before) / Math.max(gap([event.clientX, event.clientY]), 1), this.ground_at(event))
      } else if (moved > DRAG) {
        this.svg.setPointerCapture(event.pointerId)
        this.hover(null)
        this.look({ ...this.seen, x: this.seen.x - (event.clientX - before[0]) * this.metres, y: this.seen.y - (event.clientY - before[1]) * this.metres })
      }
      return undefined
    }
    this.svg.onpointerup = event => {
      const pressed = touching.delete(event.pointerId)
      if (!pressed || moved > DRAG || touching.size) return
      const found = this.cell_at(event)
      if (found >= 0) { this.go(found, false); this.pick() }
    }
    this.svg.onpointercancel = event => { touching.delete(event.pointerId); moved = Infinity }
    this.svg.onpointerleave = () => this.hover(null)
    this.svg.addEventListener("wheel", event => {
      event.preventDefault()
      this.zoom(Math.min(Math.max(Math.exp(event.deltaY * 0.0015), 0.5), 2), this.ground_at(event))
    }, { passive: false })
    this.list.onkeydown = event => this.press(event)
    this.list.onfocus = () => { if (this.at < 0 && this.cells.length && this.list.matches(":focus-visible")) this.go(Math.max(this.chosen, 0), false) }
    this.list.onblur = () => this.here.setAttribute("d", "")
  }

  press(event) {
    const ways = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }
    if (event.ctrlKey || event.metaKey || event.altKey) return
    if (ways[event.key]) this.go(this.next(...ways[event.key]), true)
    else if (event.key === "Home") this.go(0, true)
    else if (event.key === "End") this.go(this.cells.length - 1, true)
    else if (event.key === "Enter" || event.key === " ") this.pick()
    else if (event.key === "+" || event.key === "=") this.zoom(0.6, this.at < 0 ? null : [this.cells[this.at].x, this.cells[this.at].y])
    else if (event.key === "-") this.zoom(1 / 0.6)
    else if (event.key === "0") this.reset()
    else return
    event.preventDefault()
    event.stopPropagation()
  }

  next(dx, dy) { // the nearest cell that way: distance ahead, and double what lies to the side
    if (this.at < 0) return Math.max(this.chosen, 0)
    const from = this.cells[this.at]
    let found = this.at, best = Infinity
    this.cells.forEach((cell, i) => {
      const [x, y] = [cell.x - from.x, cell.y - from.y]
      const [ahead, across] = [x * dx + y * dy, Math.abs(x * dy) + Math.abs(y * dx)]
      if (ahead > 0 && across <= ahead * 1.8 && ahead + 2 * across < best) [found, best] = [i, ahead + 2 * across]
    })
    return found
  }

  go(i, follow) {
    const cell = this.cells[i]
    if (!cell) return
    this.at = i
    this.here.setAttribute("d", ringPath(cell.p))
    const words = cell.t.replaceAll("\n", ". ")
    this.option.textContent = words
    this.option.dataset.cell = cell.c
    const about = { "aria-selected": String(i === this.chosen), "aria-posinset": i + 1, "aria-setsize": this.cells.length }
    for (const [key, value] of Object.entries(about)) this.option.setAttribute(key, value)
    this.list.setAttribute("aria-activedescendant", this.option.id)
    this.said.textContent = words
    if (!follow) return
    const { x, y, w, h } = this.seen
    const edge = 0.1
    if (cell.x < x + w * edge || cell.x > x + w * (1 - edge) || cell.y < y + h * edge || cell.y > y + h * (1 - edge)) {
      this.look({ ...this.seen, x: cell.x - w / 2, y: cell.y - h / 2 })
    }
  }

  pick() { if (this.at >= 0) this.tell(this.cells[this.at].c) }

  choose(id) { // the page says which cell is selected
    this.chosen = this.cells.findIndex(cell => cell.c === id)
    const path = this.chosen < 0 ? "" : ringPath(this.cells[this.chosen].p)
    this.ring.setAttribute("d", path)
    this.halo.setAttribute("d", path)
    if (this.chosen >= 0) this.svg.setAttribute("data-selected", id); else this.svg.removeAttribute("data-selected")
    this.option.setAttribute("aria-selected", String(this.at >= 0 && this.at === this.chosen))
  }

  hover(event) {
    const found = event && event.pointerType === "mouse" ? this.cell_at(event) : -1
    this.tip.hidden = found < 0
    if (found < 0) return
    this.tip.textContent = this.cells[found].t
    const box = this.ground.getBoundingClientRect()
    const [x, y] = [event.clientX - box.left, event.clientY - box.top]
    this.tip.style.left = Math.max(0, Math.min(x + 14, box.width - this.tip.offsetWidth - 4)) + "px"
    this.tip.style.top = Math.max(0, y + 18 + this.tip.offsetHeight > box.height ? y - this.tip.offsetHeight - 10 : y + 14) + "px"
  }
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component
  const shown = maps.get(parentElement) ?? new Map_(parentElement)
  maps.set(parentElement, shown)
  shown.tell = cell => setTriggerValue("picked", cell)
  const drawing = data.map.version + data.dark
  if (shown.drawing !== drawing) {
    const place = String([...data.map.box, ...data.map.view])
    const keep = shown.place_of === place ? shown.seen : null // the same ground: stay where the reader was
    const focused = shown.list?.matches(":focus")
    const before = shown.cells?.[shown.at]?.c
    const began = performance.now()
    shown.at = -1
    shown.draw(data.map, data.dark)
    if (keep) shown.look(keep)
    const again = shown.cells.findIndex(cell => cell.c === before)
    if (focused) { shown.list.focus({ preventScroll: true }); shown.go(again, false) }
    shown.svg.setAttribute("data-drawn-ms", Math.round(performance.now() - began))
    Object.assign(shown, { drawing, place_of: place })
  }
  shown.choose(data.selected)
  shown.watch.observe(shown.svg) // a run that was overtaken may have stopped it
  return () => shown.watch.disconnect()
}
