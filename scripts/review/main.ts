/**
 * npm run review
 *
 * Writes the blocks and pictures of docs/tutorials/first-pull-request.md: the outputs of the
 * program, the comment drawn in Chromium, and a recorded apply on a terminal of 80 columns. Needs
 * Chromium, util-linux and a build.
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findChromium, openChromium } from '../../test/chromium.ts'
import { commentPage } from './comment.ts'
import { PAGE, withBlocks } from './page.ts'
import { endStory, tellStory } from './story.ts'
import { animated, record } from './terminal.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const images = join(root, 'docs/images')
mkdirSync(images, { recursive: true })

const story = await tellStory()
try {
  writeFileSync(PAGE, withBlocks(readFileSync(PAGE, 'utf8'), story.blocks))
  await drawComments(story.blocks)
} finally {
  endStory(story)
}
await recordApply()

/** Draws the comments for the wrong mapping and for five changed rows. */
async function drawComments(blocks: Record<string, string>): Promise<void> {
  const program = findChromium()
  if (program === undefined) throw new Error('Chromium is missing: apt-get install chromium')
  const folder = mkdtempSync(join(tmpdir(), 'workos-migrate-comments-'))
  const browser = await openChromium(program)
  try {
    for (const [name, block] of [
      ['review-comment', blocks.markdown],
      ['review-incremental', blocks.incremental],
    ] as const) {
      const file = join(folder, `${name}.html`)
      writeFileSync(file, commentPage(block ?? ''))
      const tab = await browser.tab(900, 760)
      await tab.send('Page.navigate', { url: `file://${file}` })
      await tab.until("document.readyState === 'complete' && document.querySelector('article') !== null")
      writeFileSync(join(images, `${name}.png`), await tab.picture())
      process.stdout.write(`docs/images/${name}.png\n`)
    }
  } finally {
    await browser.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Records the demo at the documented limits of WorkOS. */
async function recordApply(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'workos-migrate-recording-'))
  try {
    cpSync(join(root, 'examples/clerk-demo'), join(folder, 'examples/clerk-demo'), { recursive: true })
    const manifest = readFileSync(join(root, 'migrate.config.yaml'), 'utf8')
    writeFileSync(
      join(folder, 'migrate.config.yaml'),
      manifest
        .replace(/^( *type: sandbox)$/m, '$1\n  limits: true')
        .replace(/^ *limits: \{ writes.*$/m, '  limits: null'),
    )
    const command = `${process.execPath} ${join(root, 'dist/cli/main.js')} apply --yes`
    const recording = await record(command, { cwd: folder, rows: 26, prompt: 'workos-migrate apply --yes' })
    if (recording.status !== 0) throw new Error(`the recorded apply ended with ${recording.status}`)
    writeFileSync(join(images, 'review-apply.svg'), animated(recording))
    process.stdout.write('docs/images/review-apply.svg\n')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
