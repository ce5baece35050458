"""What ipywidgets leave out, done once a page: names of sliders, keys of folds, files dropped."""

# A slider's handle has no name for a screen reader, the head of a fold takes no keys, a button for
# files takes none that are dropped, and nothing copies a text. All are found by their classes.
SCRIPT = """<script>
(() => {
  if (window.spikefit_manners) { return }
  window.spikefit_manners = true
  const FOLD = ".spikefit-panel .jupyter-widget-Collapse-header"
  const name = () => {
    for (const handle of document.querySelectorAll(".spikefit-panel .noUi-handle")) {
      const slider = handle.closest(".widget-slider, .jupyter-widgets")
      const label = slider?.querySelector(".widget-label")?.textContent.trim()
      if (label && handle.getAttribute("aria-label") != label) {
        handle.setAttribute("aria-label", label)
        slider.querySelector(".widget-readout")?.setAttribute("aria-label", `${label}, value`)
      }
      // What is shown beside it, such as 50%, not the bare number 0.5.
      const told = slider?.querySelector(".widget-readout")?.textContent.trim()
      if (told && handle.getAttribute("aria-valuetext") != told) {
        handle.setAttribute("aria-valuetext", told)
      }
    }
    for (const head of document.querySelectorAll(FOLD)) {
      const is_open = head.parentElement.classList.contains("jupyter-widget-Collapse-open")
      if (head.getAttribute("aria-expanded") != String(is_open)) {
        head.setAttribute("role", "button")
        head.setAttribute("tabindex", "0")
        head.setAttribute("aria-expanded", String(is_open))
        head.querySelector("i, .jupyter-widget-Collapse-header-icon")
          ?.setAttribute("aria-hidden", "true")
      }
    }
  }
  let is_due = false
  new MutationObserver(() => {
    if (is_due) { return }
    is_due = true
    requestAnimationFrame(() => { is_due = false; name() })
  }).observe(document.body, {childList: true, subtree: true, attributeFilter: ["class"]})
  name()
  document.addEventListener("keydown", (event) => {
    const head = event.target.closest?.(FOLD)
    if (head && (event.key == "Enter" || event.key == " ")) {
      event.preventDefault()
      event.stopPropagation()
      head.click()
    }
  }, true)
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.(".spikefit-copy")
    const text = button?.closest(".spikefit-panel")?.querySelector("textarea")
    if (!text) { return }
    text.select()
    if (!document.execCommand("copy")) { navigator.clipboard?.writeText(text.value) }
    button.textContent = "Copied"
    setTimeout(() => { button.textContent = "Copy" }, 2000)
  })
  const at = (event) => event.target.closest?.(".spikefit-drop")
  for (const kind of ["dragenter", "dragover", "dragleave", "drop"]) {
    document.addEventListener(kind, (event) => {
      const button = at(event)
      if (!button) { return }
      event.preventDefault()
      event.stopPropagation()
      button.classList.toggle("spikefit-over", kind == "dragenter" || kind == "dragover")
      if (kind != "drop" || !event.dataTransfer.files.length) { return }
      // The button asks its hidden field for files when it is pressed: that field gets these.
      const ask = HTMLInputElement.prototype.click
      HTMLInputElement.prototype.click = function () {
        this.files = event.dataTransfer.files
        this.dispatchEvent(new Event("change"))
      }
      try { button.click() } finally { HTMLInputElement.prototype.click = ask }
    }, true)
  }
})()
</script>"""
