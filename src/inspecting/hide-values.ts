import type { Inspection } from './inspection.ts'

/** The same without any value of the source, also not of a column that is no person's: roles have their counts alone. */
export function withoutValues(inspection: Inspection): Inspection {
  return {
    ...inspection,
    streams: inspection.streams.map((stream) => ({
      ...stream,
      paths: stream.paths.map(({ values: _values, ...path }) => path),
    })),
    people: { ...inspection.people, roles: inspection.people.roles.map((found) => ({ ...found, role: '***' })) },
  }
}
