import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { kindDefinition, kindDefinitions } from '../../src/kinds/registry.ts'
import { loadKnown } from '../../src/planning/load-known.ts'
import { createPlanTables } from '../../src/rundb/candidates.ts'
import { insertDesired } from '../../src/rundb/desired.ts'
import { COPY, knownAttributes, setApart } from '../../src/rundb/known.ts'
import { RunDatabase } from '../../src/rundb/run-database.ts'
import { openStateFile } from '../../src/state/sqlite/open.ts'
import type { OpenState, StateStore } from '../../src/state/store.ts'
import { stateWith } from '../state/state-with.ts'
import { temporaryFolder } from '../temporary-folder.ts'

/** A state with three users and an invitation. */
async function openState(): Promise<OpenState> {
  const state = openStateFile(join(temporaryFolder(), 'state.sqlite'))
  onTestFinished(() => state.close())
  const saved = (kind: string, key: string) => ({
    type: 'saved' as const,
    resource: {
      kind,
      key,
      id: `id_${key}`,
      attributes: { lastName: 'B', firstName: 'A' },
      digests: {},
      refs: {},
      ownership: 'created' as const,
      run: 1,
    },
  })
  const outcomes = [saved('user', 'a'), saved('user', 'b'), saved('user', 'c'), saved('invitation', 'i')]
  await state.commit({ intents: [], outcomes })
  return state
}

function openRun(): RunDatabase {
  const rundb = new RunDatabase(temporaryFolder())
  onTestFinished(() => rundb.close())
  createPlanTables(rundb)
  return rundb
}

test('SQLite copies the rows of a state as bytes', async () => {
  const state = await openState()
  const rundb = openRun()
  const steps = await state.inFile(undefined, (file) => {
    rundb.run('ATTACH ? AS stored', file)
    const opcodes = rundb
      .statement(`EXPLAIN ${COPY}`)
      .all()
      .map(({ opcode }) => String(opcode))
    rundb.exec('DETACH stored')
    return opcodes
  })
  // The rows and the index. Without this transfer, SQLite would take rows apart first.
  expect(steps?.filter((step) => step === 'RowData')).toHaveLength(2)
  expect(steps?.indexOf('Column')).toBeGreaterThan(steps?.indexOf('RowData') ?? 0)
})

test('the copy is compared with the desired set, in a file or in batches', async () => {
  const state = await openState()
  const inBatches = stateWith(state, { inFile: async () => undefined })
  const kinds = kindDefinitions.filter(({ name }) => name !== kindDefinition('invitation').name)
  const loaded = async (store: StateStore) => {
    const rundb = openRun()
    const desired = (key: string, attributes: Record<string, string>) =>
      insertDesired(rundb, { kind: 'user', key, refs: {}, attributes, secrets: null, seq: 1, place: null, records: 1 })
    desired('a', {})
    desired('b', { firstName: 'other' })
    await loadKnown(rundb, store, kinds)
    setApart(rundb, 'user')
    return {
      known: rundb.statement('SELECT * FROM known').all(),
      apart: rundb.statement('SELECT kind, key, desired FROM apart').all(),
      // Whatever their order in the file.
      fields: Object.keys(knownAttributes(rundb, 'user', 'c') ?? {}),
    }
  }
  const fromFile = await loaded(state)
  expect(fromFile).toEqual(await loaded(inBatches))
  expect(fromFile.known.map(({ kind, key }) => `${kind} ${key}`)).toEqual(['user a', 'user b', 'user c'])
  expect(fromFile.apart).toEqual([
    { kind: 'user', key: 'b', desired: 1 },
    { kind: 'user', key: 'c', desired: 0 },
  ])
  expect(fromFile.fields).toEqual(['firstName', 'lastName'])
})
