import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** docs/style.md, "Comments and commits". */
const COLUMNS = 100

/** A comment on its own lines. */
const COMMENT = /^\s*(?:\/\/|\/?\*)/u

/** URLs and instructions to tools cannot be wrapped. */
const WHOLE = /https?:\/\/|biome-ignore|@ts-/u

test('no comment is wider than 100 columns', () => {
  const wide = globSync(['{src,test,scripts,bench,examples}/**/*.{ts,mjs}', 'docs/site/.vitepress/*.ts'], { cwd: ROOT })
    .filter((file) => !file.includes('node_modules'))
    .flatMap((file) =>
      readFileSync(`${ROOT}/${file}`, 'utf8')
        .split('\n')
        .map((line, index) => ({ line, place: `${file}:${index + 1}` })),
    )
    .filter(({ line }) => line.length > COLUMNS && COMMENT.test(line) && !WHOLE.test(line))
  expect(wide.map(({ place }) => place)).toEqual([])
})
