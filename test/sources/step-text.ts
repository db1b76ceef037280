import type { Step } from '../../src/diagnostics/step.ts'

/** A step as a test names it: `reading the users: 1,000 of 2,000`. */
export function stepText({ phase, done, total }: Step): string {
  const number = (count: number) => count.toLocaleString('en')
  return `${phase}${done === undefined ? '' : `: ${number(done)}`}${total === undefined ? '' : ` of ${number(total)}`}`
}
