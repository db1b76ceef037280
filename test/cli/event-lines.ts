import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect } from 'vitest'

/** One line of `--events`. */
export interface EventLine {
  type: string
  [member: string]: unknown
}

const isEvent = new Ajv2020({ strict: true, strictRequired: false, allowUnionTypes: true }).compile(
  JSON.parse(readFileSync('schemas/events.schema.json', 'utf8')),
)

/** The events of a text. Checks the schema, the format event and the exit code event. */
export function eventsOf(text: string): EventLine[] {
  expect(text).toMatch(/\n$/)
  const events: EventLine[] = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  for (const event of events) expect(isEvent(event), JSON.stringify([event, isEvent.errors], null, 1)).toBe(true)
  expect(events[0]).toMatchObject({ type: 'version', format: 'workos-migrate-events', version: 1 })
  expect(events.filter(({ type }) => type === 'version')).toHaveLength(1)
  expect(events.at(-1)?.type).toBe('end')
  expect(events.filter(({ type }) => type === 'end')).toHaveLength(1)
  return events
}

export function ofType(events: readonly EventLine[], ...types: string[]): EventLine[] {
  return events.filter(({ type }) => types.includes(type))
}
