import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { command } from '../cli/harness.ts'
import { temporaryFolder } from '../temporary-folder.ts'

/**
 * Manifests of the examples from earlier versions of the program. Do not update them: later
 * versions must make the same plans. Add the manifests of each new release.
 */
const FOLDER = fileURLToPath(new URL('older-manifests/', import.meta.url))
const EXAMPLES = fileURLToPath(new URL('../../examples/', import.meta.url))
const manifests = readdirSync(FOLDER).map((name) => name.replace('.yaml', ''))

/** The plan of the example's data with this manifest. */
async function planned(example: string, manifest: string) {
  const folder = temporaryFolder()
  cpSync(join(EXAMPLES, example), folder, { recursive: true })
  writeFileSync(join(folder, 'migrate.config.yaml'), manifest)
  expect(await command(['validate', '--offline'], { cwd: folder })).toMatchObject({ code: 0, stderr: '' })
  const { code, stdout, stderr } = await command(['plan', '--json'], { cwd: folder })
  expect(code, stderr).toBe(0)
  const { summary, accounting, actions } = JSON.parse(stdout)
  return { kinds: summary.kinds, streams: accounting.streams, actions }
}

test.each(manifests)('the manifest of an earlier version for %s still makes the same plan', async (example) => {
  const today = readFileSync(join(EXAMPLES, example === 'clerk-demo' ? '..' : example, 'migrate.config.yaml'), 'utf8')
  const now = await planned(example, today.replaceAll('./examples/clerk-demo/', './'))
  expect(now.kinds.some(({ create }: { create: number }) => create > 0)).toBe(true)
  expect(await planned(example, readFileSync(join(FOLDER, `${example}.yaml`), 'utf8'))).toEqual(now)
})
