import { el } from './dom.ts'

const THEMES = ['auto', 'light', 'dark'] as const
type Theme = (typeof THEMES)[number]
const KEPT = 'workos-migrate-theme'

const listeners: (() => void)[] = []
const prefersDark = matchMedia('(prefers-color-scheme: dark)')
let theme: Theme = remembered()

/** Calls back whenever colours are others. */
export function onColours(listener: () => void): void {
  listeners.push(listener)
}

/** The switch between the colours of the system, light and dark. */
export function themeSwitch(): HTMLElement {
  const button = el('button', { class: 'theme', is: { type: 'button' } })
  const show = () => {
    button.replaceChildren(`Colours: ${theme}`)
    apply(theme)
  }
  button.addEventListener('click', () => {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'auto'
    remember(theme)
    show()
  })
  prefersDark.addEventListener('change', () => apply(theme))
  // Paper is white.
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
    // Some browsers give a file no storage: the choice holds until the page is closed.
  }
}
