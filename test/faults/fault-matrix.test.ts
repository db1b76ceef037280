import { expect, test } from 'vitest'
import { inProcess } from './command.ts'
import { populate } from './population.ts'
import { ride } from './storm.ts'
import { weathers } from './weathers.ts'

/** `npm run test:faults` does the same with 1,000 users, at a higher rate, and longer. */
const USERS = 40
const population = populate(USERS, 8)
const RATE = 0.03

const { users, organizations, memberships, roles } = population.expected

test.concurrent.each(
  weathers(USERS, RATE),
)('$name: all is there once, and nothing untrue was said', async (weather) => {
  const aftermath = await ride({ population, weather, command: inProcess, concurrency: 40 })
  expect(aftermath).toMatchObject({
    survived: users.size + organizations.size + memberships.size + roles.length,
    lost: [],
    duplicated: [],
    untruths: [],
  })
  expect(aftermath.injected).toBeGreaterThanOrEqual(2)
  // While it lasts an apply ends as it has to; once it has passed, the next one does all that is left.
  if (weather.lasting !== undefined) expect(aftermath.exits).toEqual([weather.lasting, 0])
}, 180_000)
