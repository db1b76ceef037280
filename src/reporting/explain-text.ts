import { printable } from '../diagnostics/printable.ts'
import type { Explanation, ExplanationDocument } from '../explaining/explanation.ts'
import { mappingLines, mergingLines, rowLines, wrapped } from './explain-records-text.ts'
import {
  actionLines,
  dependentLines,
  liveLines,
  referenceLines,
  requestLines,
  roleLines,
  stateLines,
} from './explain-result-text.ts'
import { describeNote } from './remarks.ts'
import { counted, type Paint } from './style.ts'

export interface ExplainTextOptions {
  paint: Paint
  write: (text: string) => void
}

/** An explanation for people: what becomes of it first, then from its rows to the requests. */
export function renderExplanationText(
  { explanations, more }: ExplanationDocument,
  { paint, write }: ExplainTextOptions,
): void {
  for (const [index, explanation] of explanations.entries()) {
    if (index > 0) write('\n')
    write(`${heading(explanation, paint)}\n`)
    for (const [title, lines] of sections(explanation)) {
      if (lines.length === 0) continue
      write(`\n${paint('bold', title)}\n`)
      for (const line of lines) write(`${printable(line)}\n`)
    }
  }
  if (more > 0) write(`\n… and ${counted(more, 'more resource')}: ask for one by its address\n`)
}

/** What it is, and what becomes of it; where that is nothing good, why. */
function heading({ address, label, action }: Explanation, paint: Paint): string {
  const { type, why } = action
  const shown = label === null || address.endsWith(label) ? '' : `  ${printable(label)}`
  const told = ['rejected', 'blocked', 'left out'].includes(type) ? `${type}: ${why}` : type
  const lines = wrapped(printable(told), '  ').join('\n')
  return `${paint('bold', printable(address))}${shown}\n${paint(colorOf(type), lines)}`
}

function colorOf(type: Explanation['action']['type']): 'green' | 'red' | 'yellow' | 'cyan' {
  if (type === 'create' || type === 'unchanged' || type === 'adopt') return 'green'
  if (type === 'update' || type === 'handed over') return 'cyan'
  return type === 'rejected' || type === 'blocked' || type === 'delete' ? 'red' : 'yellow'
}

function sections(explanation: Explanation): [title: string, lines: string[]][] {
  const { declared, kind } = explanation
  return [
    ['Source rows', [...(declared === null ? [] : [`  declared in ${declared}`]), ...rowLines(explanation)]],
    ['Mapping', mappingLines(explanation)],
    ['Rejected', explanation.rejects.flatMap(rejectLines)],
    ['Merging', mergingLines(explanation)],
    ['Password', passwordLines(explanation)],
    ['Roles', roleLines(explanation.roles, '  ')],
    ['Remarks', explanation.notes.flatMap((note) => wrapped(describeNote({ ...note, kind, count: 1 }), '  '))],
    ['References', [...referenceLines(explanation), ...dependentLines(explanation)]],
    ['State', stateLines(explanation)],
    ['WorkOS', liveLines(explanation)],
    ['Action', actionLines(explanation)],
    ['Requests', requestLines(explanation)],
  ]
}

function rejectLines({ origin, kind, field, message, hint }: Explanation['rejects'][number]): string[] {
  const what = field === null || kind === 'record' ? kind : `${kind}.${field}`
  return [...wrapped(`✗ ${origin}  ${what}: ${message}`, '  '), ...(hint === null ? [] : wrapped(hint, '      '))]
}

function passwordLines({ password }: Explanation): string[] {
  if (password === null) return []
  const type = password.type === null ? '' : ` (${password.type})`
  return wrapped(`${password.fate}${type}: ${password.why}`, '  ')
}
