import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { buildProgram } from '../../src/cli/program.ts'
import { docPages } from './pages.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const pages = ['README.md', 'AGENTS.md', ...docPages]

/** The command lines in the shell blocks of a page, without comments, pipes and redirections. */
function commandLinesOf(page: string): string[] {
  const text = readFileSync(join(ROOT, page), 'utf8')
  const blocks = [...text.matchAll(/```(?:sh|console)\n(.*?)```/gs)].map(([, block = '']) => block)
  return blocks
    .flatMap((block) => block.split('\n'))
    .flatMap((line) => line.match(/(?:^|\$ |=\S+ )\s*workos-migrate (.*)/)?.[1] ?? [])
    .map((line) => line.replace(/ +#.*$/, '').replace(/ [|>].*$/, ''))
}

function words(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, bare]) => double ?? single ?? bare ?? '',
  )
}

/** The error for a command line, before it runs. */
async function refusalOf(args: readonly string[]): Promise<string | undefined> {
  const [stdout, stderr, stdin] = [new PassThrough(), new PassThrough(), new PassThrough()]
  const never = new AbortController().signal
  const world = { stdout, stderr, stdin, env: {}, cwd: '/', now: Date.now, interrupted: never, killed: never }
  try {
    await buildProgram(world, async () => {}).parseAsync(args, { from: 'user' })
    return undefined
  } catch (error) {
    return `workos-migrate ${args.join(' ')}: ${error instanceof Error ? error.message : error}`
  }
}

const withCommands = pages.filter((page) => commandLinesOf(page).length > 0)

test('pages with commands are found', () => {
  expect(withCommands).toEqual(
    expect.arrayContaining(['README.md', 'docs/tutorials/first-migration.md', 'docs/how-to/cut-over-night.md']),
  )
})

test.each(withCommands)('every command in %s is valid', async (page) => {
  const refusals = await Promise.all(commandLinesOf(page).map((line) => refusalOf(words(line))))
  expect(refusals.filter((refusal) => refusal !== undefined)).toEqual([])
})

test('an invalid command would be found', async () => {
  expect(await refusalOf(['plan', '--nonsense'])).toContain("unknown option '--nonsense'")
})
