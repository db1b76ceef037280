import type { Refusal } from '../record-file.ts'
import { MAX_DEPTH } from './grammar.ts'

/** Bytes that one record may take. No record of a user is as long; what is kept in memory is bounded by it. */
export const MAX_RECORD_BYTES = 16 * 1024 * 1024

export const notAnObject: Refusal = {
  code: 'not_an_object',
  message: 'a record must be an object, and something else stands here',
  hint: 'is this the list of records? For JSON, records says where they are',
}

export const lineTooLong: Refusal = {
  code: 'line_too_long',
  message: `the line is longer than ${MAX_RECORD_BYTES / 1024 / 1024} MiB`,
  hint: 'every record stands on a line of its own; for one document use format: json',
}

export const nestedTooDeep: Refusal = {
  code: 'too_deep',
  message: `brackets are nested more than ${MAX_DEPTH} deep`,
  hint: 'this is no record of a user; look at how the file was made',
}
