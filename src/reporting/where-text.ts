import { printable } from '../diagnostics/printable.ts'
import type { Where } from '../planning/where.ts'

/** Characters of a state's lineage that tell it from others. */
const LINEAGE = 6

/** `acme · production → api.workos.com · live key · state 3f2a9c… #12`. Plain text: for Markdown and HTML, escape it. */
export function describeWhere({ name, environment, host, key, state }: Where): string {
  const from = environment === null ? name : `${name} · ${environment}`
  const to = [host, ...(key === null ? [] : [`${key} key`]), describeState(state)]
  return printable(`${from} → ${to.join(' · ')}`)
}

function describeState({ lineage, serial }: Where['state']): string {
  return lineage === null ? 'new state' : `state ${lineage.slice(0, LINEAGE)}… #${serial}`
}
