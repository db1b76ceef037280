type Child = Node | string | number | undefined

interface Given {
  class?: string
  /** Attributes; never markup, and never style, which the policy of the page does not take. */
  is?: Record<string, string>
}

/** An element. What is not a node becomes a text node: no text of a record is ever parsed. */
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

/** An id that no other element has. */
export function freshId(): string {
  last += 1
  return `e${last}`
}
