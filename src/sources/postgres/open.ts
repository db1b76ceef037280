import type { Driver } from '../database/driver.ts'
import { databaseSource } from '../database/source.ts'
import { dialect } from './dialect.ts'
import { endpointOf } from './endpoint.ts'

const driver: Driver = {
  type: 'postgres',
  dialect,
  address(url) {
    const { host, port, database } = endpointOf(url)
    return { host, port, database }
  },
  connect: async (options, context) => (await import('./session.ts')).openSession(options, context),
}

export const postgresSource = databaseSource(driver)
