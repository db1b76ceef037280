/**
 * The parts that all database sources share. In: a driver (postgres/, mysql/). Out: the
 * SourceDefinition. `options.ts` reads the manifest; `capture.ts` reads the streams into a snapshot
 * with the SQL of `statements.ts`; `records.ts` makes records from the snapshot.
 */

import type { SourceDefinition } from '../source.ts'
import type { Driver } from './driver.ts'
import { checkOptions, type DatabaseOptions, identity } from './options.ts'
import { openDatabase } from './records.ts'

export function databaseSource(driver: Driver): SourceDefinition<DatabaseOptions> {
  return {
    type: driver.type,
    files: () => [],
    check: async (config) => checkOptions(config, driver),
    live: {
      isOneMoment: true,
      applies: () => true,
      identity: (config) => identity(config, driver),
      capture: async (...reading) => (await import('./capture.ts')).captureDatabase(driver, ...reading),
      tryCredentials: async (...trying) => (await import('./capture.ts')).tryDatabase(driver, ...trying),
    },
    open: (config, context) => openDatabase(config, context, driver),
  }
}
