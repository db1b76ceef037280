import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Comparison } from '../../src/comparing/comparison.ts'
import { compareKnown } from '../../src/comparing/three-way.ts'
import { ManifestError } from '../../src/diagnostics/errors.ts'
import type { JsonObject } from '../../src/json.ts'
import { kindDefinition } from '../../src/kinds/registry.ts'
import { isPlanFile, readPlanHeader } from '../../src/planning/plan-file.ts'
import type { Attributes } from '../../src/resource.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { runs, TIMEOUT } from './runs.ts'

test('any file is a plan or is rejected with a message', { timeout: TIMEOUT }, async () => {
  const file = join(temporaryFolder(), 'plan.ndjson')
  const header = fc.record(
    {
      format: fc.constantFrom<unknown>('workos-migrate-plan', 'other', null),
      version: fc.constantFrom<unknown>(1, 2, '1', null),
      manifestFile: fc.oneof(fc.string(), fc.jsonValue()),
      inputs: fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue()),
      summary: fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue()),
      actions: fc.oneof(fc.nat(3), fc.jsonValue()),
      digest: fc.oneof(fc.string(), fc.jsonValue()),
    },
    { requiredKeys: ['format'] },
  )
  const lines = fc.tuple(
    fc.oneof(
      header.map((value) => JSON.stringify(value)),
      fc.string({ unit: 'binary' }),
    ),
    fc.array(fc.string(), { maxLength: 3 }),
  )
  const content = fc.oneof(
    lines.map(([first, rest]) => Buffer.from([first, ...rest].join('\n'))),
    fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  )
  await fc.assert(
    fc.asyncProperty(content, async (bytes) => {
      writeFileSync(file, bytes)
      expect(isPlanFile(file)).toBe(true)
      const read = await readPlanHeader(file).catch((error: unknown) => error)
      if (read instanceof Error) {
        expect(read).toBeInstanceOf(ManifestError)
        expect(read.message).toContain('cannot be used as a plan')
      } else expect(read).toMatchObject({ format: 'workos-migrate-plan', version: 1, digest: expect.any(String) })
    }),
    runs(300),
  )
})

const word = fc.constantFrom('x', 'y', 'z')
const members = fc.dictionary(fc.constantFrom('a', 'b', '__proto__', 'constructor'), word)
const side = fc.record(
  { firstName: word, lastName: word, emailVerified: fc.boolean(), metadata: members },
  { requiredKeys: [] },
) as fc.Arbitrary<Attributes>
const liveSide = fc.record(
  { firstName: fc.option(word), lastName: fc.option(word), emailVerified: fc.boolean(), metadata: fc.option(members) },
  { requiredKeys: ['emailVerified'] },
) as fc.Arbitrary<Attributes>
const policies = fc.dictionary(
  fc.constantFrom('firstName', 'lastName', 'emailVerified', 'metadata'),
  fc.constantFrom('keep', 'overwrite', 'fail'),
)

/** The values in WorkOS after an update. Members that are null are removed. */
function updated(live: Attributes, { send }: Comparison): Attributes {
  const after: Attributes = { ...live }
  for (const [field, value] of Object.entries(send)) {
    if (field !== 'metadata') {
      after[field] = value
      continue
    }
    // Values that WorkOS did not return before stay absent.
    if (live.metadata === undefined) continue
    const held = new Map(Object.entries((live.metadata ?? {}) as JsonObject))
    for (const [member, sent] of Object.entries(value as JsonObject)) {
      if (sent === null) held.delete(member)
      else held.set(member, sent)
    }
    after.metadata = Object.fromEntries(held)
  }
  return after
}

test('after an apply there is nothing to do, whatever the policies for drift', { timeout: TIMEOUT }, () => {
  const user = kindDefinition('user')
  fc.assert(
    fc.property(side, side, liveSide, policies, (desired, base, live, drift) => {
      const policyOf = (field: string) => drift[field] ?? 'keep'
      const first = compareKnown(user, desired, base, live, policyOf)
      const after = updated(live, first)
      const second = compareKnown(user, desired, first.applied, after, policyOf)
      expect({ changes: second.changes, send: { ...second.send }, caughtUp: second.caughtUp }).toEqual({
        changes: [],
        send: {},
        caughtUp: false,
      })
      for (const [field, wanted] of Object.entries(desired)) {
        if (policyOf(field) !== 'overwrite' || live[field] === undefined) continue
        if (field === 'metadata') expect(after.metadata ?? {}).toMatchObject(wanted as object)
        else expect(after[field]).toEqual(wanted)
      }
    }),
    runs(2000),
  )
})
