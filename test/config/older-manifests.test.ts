import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { command } from '../cli/harness.ts'
import { temporaryFolder } from '../temporary-folder.ts'

/**
 * Manifests of the examples as the first versions of the program shipped them. They are never
 * brought up to date: a later version has to make the same of them. Add those of a version when it
 * is released.
 */
const FOLDER = fileURLToPath(new URL('older-manifests/', import.meta.url))
const EXAMPLES = fileURLToPath(new URL('../../examples/', import.meta.url))
const manifests = readdirSync(FOLDER).map((name) => name.replace('.yaml', ''))

/** What is planned of the example's data by this manifest. */
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

test.each(manifests)('the manifest that an earlier version shipped for %s plans what it planned', async (example) => {
  const today = readFileSync(join(EXAMPLES, example === 'clerk-demo' ? '..' : example, 'migrate.config.yaml'), 'utf8')
  const now = await planned(example, today.replaceAll('./examples/clerk-demo/', './'))
  expect(now.kinds.some(({ create }: { create: number }) => create > 0)).toBe(true)
  expect(await planned(example, readFileSync(join(FOLDER, `${example}.yaml`), 'utf8'))).toEqual(now)
})
