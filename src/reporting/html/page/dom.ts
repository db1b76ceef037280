type Child = Node | string | number | undefined

interface Given {
  class?: string
  /** Attributes. Never `style`, which the policy of the page rejects. */
  is?: Record<string, string>
}

/** An element. Children that are not nodes become text nodes, so no data is parsed as HTML. */
export function el<K extends keyof HTMLElementTagNameMap>(
  name: K,
  given: Given = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(name)
  if (given.class) element.className = given.class
  for (const [attribute, value] of Object.entries(given.is ?? {})) element.setAttribute(attribute, value)
  for (const child of children) {
    if (child !== undefined) element.append(typeof child === 'number' ? figure(child) : child)
  }
  return element
}

/** A whole number with commas. */
export function figure(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',')
}

let last = 0

/** A unique ID. */
export function freshId(): string {
  last += 1
  return `e${last}`
}

const THEMES = ['auto', 'light', 'dark'] as const
type Theme = (typeof THEMES)[number]
const KEPT = 'workos-migrate-theme'

const listeners: (() => void)[] = []
const prefersDark = matchMedia('(prefers-color-scheme: dark)')
let theme: Theme = remembered()

/** Calls back when the colors change. */
export function onColours(listener: () => void): void {
  listeners.push(listener)
}

/** Switches between the colors of the system, light and dark. */
export function themeSwitch(): HTMLElement {
  const button = el('button', { class: 'theme', is: { type: 'button' } })
  const show = () => {
    button.replaceChildren(`Colors: ${theme}`)
    apply(theme)
  }
  button.addEventListener('click', () => {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'auto'
    remember(theme)
    show()
  })
  prefersDark.addEventListener('change', () => apply(theme))
  // Print in light colors.
  addEventListener('beforeprint', () => apply('light'))
  addEventListener('afterprint', () => apply(theme))
  show()
  return button
}

function apply(chosen: Theme): void {
  if (chosen === 'auto') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = chosen
  for (const listener of listeners) listener()
}

function remembered(): Theme {
  try {
    const kept = localStorage.getItem(KEPT)
    return THEMES.find((name) => name === kept) ?? 'auto'
  } catch {
    return 'auto'
  }
}

function remember(chosen: Theme): void {
  try {
    localStorage.setItem(KEPT, chosen)
  } catch {
    // Some browsers give local files no storage. The choice then lasts until the page is closed.
  }
}
