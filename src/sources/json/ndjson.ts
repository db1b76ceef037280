import { SourceError } from '../../diagnostics/errors.ts'
import { isObject, type Json, type JsonObject } from '../../json.ts'
import { parseJsonText } from '../../json-text.ts'
import type { SourceFile } from '../text/file.ts'
import type { LineRecord, Refusal, TextFormat } from '../text/record-file.ts'
import { linesOf } from '../text/utf8.ts'
import { lineTooLong, MAX_DEPTH, MAX_RECORD_BYTES, nestedTooDeep, notAnObject } from './grammar.ts'

/** A record a line. Blank lines are none; a line that is no object is refused, and reading goes on. */
export const ndjson: TextFormat = async function* (text, sink) {
  let first = true
  for await (const lines of linesOf(text, MAX_RECORD_BYTES)) {
    const records: LineRecord[] = []
    for (const { line, content } of lines) {
      if (content === '') continue
      if (first && (content === '[' || content === '{')) throw document(sink.file, line)
      first = false
      sink.met()
      const parsed = content === undefined ? lineTooLong : recordIn(content)
      if ('code' in parsed) sink.reject(line, parsed, content)
      else records.push({ line, data: parsed.data })
    }
    if (records.length > 0) yield records
  }
}

function recordIn(content: string): Refusal | { data: JsonObject } {
  const parsed = parseJsonText(content)
  if (!parsed.ok) {
    return { code: 'bad_json', message: parsed.message, hint: 'every line must be one whole JSON object' }
  }
  if (!isRecord(parsed.value)) return notAnObject
  // Each level takes a bracket at either end.
  if (content.length > 2 * MAX_DEPTH && isDeeper(parsed.value, MAX_DEPTH)) return nestedTooDeep
  return { data: parsed.value }
}

function isRecord(value: Json): value is JsonObject {
  return isObject(value)
}

function isDeeper(value: Json, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels === 0 || Object.values(value).some((member) => isDeeper(member, levels - 1))
}

function document(file: SourceFile, line: number): SourceError {
  return new SourceError({
    code: 'not_ndjson',
    message: 'a bracket stands alone on the first line: this is one JSON document, not a record a line',
    hint: 'say format: json',
    at: { file: file.name, line },
  })
}
