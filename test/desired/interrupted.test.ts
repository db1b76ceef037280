import { expect, onTestFinished, test } from 'vitest'
import { assembleDesired } from '../../src/desired/assemble.ts'
import { RunDatabase } from '../../src/rundb/run-database.ts'
import { manifestWith } from '../mapping/manifest.ts'

test('a signal is handled while duplicates are merged, which takes long with many users', async () => {
  const rundb = new RunDatabase(undefined)
  onTestFinished(() => rundb.close())
  const interrupted = new AbortController()
  const assembling = async () => assembleDesired(rundb, manifestWith({}), { signal: interrupted.signal })
  setImmediate(() => interrupted.abort(new Error('interrupted')))
  await expect(assembling()).rejects.toThrow('interrupted')
})
