import { expect, test } from 'vitest'
import { stateKinds } from '../state/kinds.ts'
import { cases } from '../whole.ts'
import { inProcess } from './command.ts'
import { faultCases } from './fault-cases.ts'
import { applyUnderFaults } from './fault-run.ts'
import { populate } from './population.ts'

/** `npm run test:faults` does the same with 1,000 users, at a higher rate, and longer. */
const USERS = 40
const population = populate(USERS, 8)
const RATE = 0.03

const { users, organizations, memberships, roles } = population.expected

const all = faultCases(USERS, RATE)
const inBoth = stateKinds.flatMap((kind) => {
  const chosen = kind.name === 'SQLite' ? all : kind.isThere ? cases(all, [0, 4, 8]) : []
  return chosen.map((faultCase) => ({ ...faultCase, faultCase, kind, where: kind.name }))
})

test.concurrent.each(inBoth)('$name, state in $where: everything is there once, and every report was true', async ({
  faultCase,
  kind,
}) => {
  const result = await applyUnderFaults({ population, faultCase, command: inProcess, concurrency: 40, kind })
  expect(result).toMatchObject({
    survived: users.size + organizations.size + memberships.size + roles.length,
    lost: [],
    duplicated: [],
    untruths: [],
  })
  expect(result.injected).toBeGreaterThanOrEqual(2)
  // During the fault an apply must end this way; afterwards, the next one completes.
  if (faultCase.lasting !== undefined) expect(result.exits).toEqual([faultCase.lasting, 0])
}, 180_000)
