import type { Driver } from '../database/driver.ts'
import { databaseSource } from '../database/source.ts'
import { dialect } from './dialect.ts'
import { addressOf, endpointOf } from './endpoint.ts'

/**
 * The `mysql` source. `endpoint.ts` reads the URL, `connection.ts` speaks to the server,
 * `session.ts` reads in one transaction, `values.ts` converts values, `errors.ts` explains errors.
 */

export const mysqlDriver: Driver = {
  type: 'mysql',
  dialect,
  address: (url) => addressOf(endpointOf(url)),
  connect: async (options, context) => (await import('./session.ts')).openSession(options, context),
}

export const mysqlSource = databaseSource(mysqlDriver)
