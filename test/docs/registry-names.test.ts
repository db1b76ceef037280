import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const FILES = globSync(
  ['*.md', 'action.yml', '{.github,docs,examples,recipes,schemas,scripts,src}/**/*.{md,ts,yml,yaml,json}'],
  { cwd: ROOT },
)

/**
 * A command that fetches a package named like the program from a registry, whose owner is unknown.
 */
const FETCHED =
  /\b(?:npx|npm exec|pnpm dlx|bunx|yarn dlx)(?: -\S+(?: node@\S+)?)* workos-(?:migrate|declare)\b|\b(?:npm|pnpm|yarn|bun) (?:i|install|add)(?: -\S+)* workos-(?:migrate|declare)(?:@\S+)?(?=[\s`"']|$)/g

const fetching = (text: string) => (text.match(FETCHED) ?? []).filter((line) => !/ --no(?:-install)?\b/.test(line))

test.each([
  ['npx workos-migrate plan', true],
  ['npx -p node@24 -p workos-migrate workos-migrate …', true],
  ['npm exec --yes workos-declare', true],
  ['npm install --global workos-migrate', true],
  ['npm i -D workos-migrate@1', true],
  ['npx --no-install workos-migrate plan', false],
  ['npx --no workos-declare', false],
  ['npm install --save-dev ./workos-migrate-0.1.0.tgz', false],
])('%j fetches a name: %s', (line, fetches) => {
  expect(fetching(line).length > 0).toBe(fetches)
})

test('no text tells users to fetch a package name that others can own', () => {
  expect(FILES.length).toBeGreaterThan(400)
  const found = FILES.flatMap((file) =>
    fetching(readFileSync(`${ROOT}/${file}`, 'utf8')).map((line) => `${file}: ${line}`),
  )
  expect(found).toEqual([])
})
