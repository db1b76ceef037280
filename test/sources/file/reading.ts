import { OperatorError } from '../../../src/diagnostics/errors.ts'
import type { Problem } from '../../../src/diagnostics/problem.ts'
import type { JsonObject } from '../../../src/json.ts'
import { folderWith, type Reading, readAll } from '../reading.ts'

/** Reads streams from files written for the test. */
export function readStreams(
  files: Record<string, string | Buffer>,
  streams: Record<string, unknown>,
  chunkSize?: number,
): Promise<Reading> {
  return readAll({ type: 'file', streams }, folderWith(files), chunkSize)
}

/** Reads one file of users. */
export function readUsers(name: string, content: string | Buffer, options: JsonObject = {}): Promise<Reading> {
  return readStreams({ [name]: content }, { users: { path: name, ...options } })
}

export function dataOf({ records }: Reading): JsonObject[] {
  return records.map(({ data }) => data)
}

/** Lines on which the records begin. */
export function linesOf({ records }: Reading): (number | undefined)[] {
  return records.map(({ origin }) => origin.line)
}

/** The problem that ends the reading. */
export async function refusalOf(reading: Promise<Reading>): Promise<Problem | undefined> {
  try {
    await reading
  } catch (error) {
    if (error instanceof OperatorError) return error.problems[0]
    throw error
  }
  return undefined
}
