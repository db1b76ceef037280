import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { NO_MARIADB } from '../mariadb.ts'
import { NO_POSTGRES } from '../postgres.ts'
import { OUTSIDE, project, SCENES } from './scenes.ts'
import { type Block, runScript, type Scene, shellBlocks } from './shell.ts'

const outside = ({ script }: Block) => Object.keys(OUTSIDE).some((text) => script.includes(text))

/** Programs that pages use and not every machine has. */
const PROGRAMS = ['curl', 'jq', 'psql']

const byPage = Map.groupBy(
  shellBlocks().filter((block) => !outside(block)),
  ({ page }) => page,
)

describe.each([...byPage])('the commands of %s', (page, blocks) => {
  test('run as written', async ({ skip }) => {
    const missing = PROGRAMS.filter(
      (name) => blocks.some(({ script }) => script.includes(`${name} `)) && spawnSync(name, ['--version']).error,
    )
    skip(missing.length > 0, `not installed: ${missing.join(', ')}`)
    let scene: Scene
    try {
      scene = await (SCENES[page] ?? project)()
    } catch (error) {
      const { message } = error as Error
      if (message === NO_POSTGRES || message === NO_MARIADB) return skip(message)
      throw error
    }
    for (const script of scene.before ?? []) {
      const { code, output } = await runScript(script, scene)
      expect(code, `${script}\n---\n${output}`).toBe(0)
    }
    for (const { place, script } of blocks) {
      const { code, output } = await runScript(script, scene)
      expect.soft(code, `${place}\n${script}\n---\n${output}`).toBe(0)
    }
  })
})

test.each(shellBlocks().filter(outside))('$place can be read by a shell', ({ script }) => {
  const { status, stderr } = spawnSync('bash', ['-n'], { input: script, encoding: 'utf8' })
  expect(stderr).toBe('')
  expect(status).toBe(0)
})

test('every reason to leave a block out is of a block', () => {
  const blocks = shellBlocks()
  expect(Object.keys(OUTSIDE).filter((text) => !blocks.some(({ script }) => script.includes(text)))).toEqual([])
})
