import { figure } from '../diagnostics/printable.ts'
import type { Problem } from '../diagnostics/problem.ts'
import { countedKind, draftDefinition } from '../kinds/registry.ts'
import { SAID_CODES } from '../mapping/said.ts'
import { type FieldNote, fieldNotes } from '../rundb/notes.ts'
import type { RunDatabase } from '../rundb/run-database.ts'

/** Warnings about values that functions interpreted or dropped. */
export function saidOfValues(rundb: RunDatabase): Problem[] {
  return fieldNotes(rundb, SAID_CODES).map((note) => {
    const { kind, field, file, line } = note
    const problem = { ...warningOf(note), path: `map.${draftDefinition(kind).rule ?? kind}.${field}` }
    return file === undefined ? problem : { ...problem, at: line === undefined ? { file } : { file, line } }
  })
}

function warningOf({ code, kind, field, count, detail }: FieldNote): Problem {
  const whose = `${field} of ${countedKind(count, kind)}`
  switch (code) {
    case 'guessed_time':
      return {
        code: 'guessed_time',
        severity: 'warning',
        message: `${whose}: ${detail.slice(field.length + 2)}${count === 1 ? '' : `, and ${figure(count - 1)} more alike`}`,
        hint: 'if the number means something else, calculate the time in the mapping, or write times like 2024-01-31T12:00:00Z',
      }
    case 'unreadable_json':
      return {
        code: 'unreadable_json',
        severity: 'warning',
        message: `${whose}: text that looks like JSON is not valid JSON, and was left out`,
        hint: 'use $parseJson instead of $tryParseJson to reject these records',
      }
    default:
      return {
        code: 'nul_in_text',
        severity: 'warning',
        message: `${whose}: NUL characters in JSON text were removed`,
        hint: 'check how the file was exported: NUL has no meaning in text',
      }
  }
}
