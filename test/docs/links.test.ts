import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { docPages } from './pages.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const pages = ['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md', ...docPages]

/** A page without code, which can look like links or headings. */
function proseOf(page: string): string {
  return readFileSync(join(ROOT, page), 'utf8').replaceAll(/^ *```.*?^ *```/gms, '')
}

/** The anchors of the headings of a page on GitHub. */
function anchorsOf(page: string): string[] {
  return [...proseOf(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

/** Relative links and their targets. */
function linksOf(page: string): { link: string; path: string; anchor: string | undefined }[] {
  return [...proseOf(page).matchAll(/\]\((?!\w+:)([^)\s]+)\)/g)].map(([, link = '']) => {
    const [file = '', anchor] = link.split('#')
    return { link, path: file === '' ? page : normalize(join(dirname(page), file)), anchor }
  })
}

test.each(pages)('every link in %s leads somewhere', (page) => {
  const broken = linksOf(page).filter(({ path, anchor }) => {
    if (!existsSync(join(ROOT, path))) return true
    return anchor !== undefined && statSync(join(ROOT, path)).isFile() && !anchorsOf(path).includes(anchor)
  })
  expect(broken.map(({ link }) => link)).toEqual([])
})

test('every page can be reached from the README', () => {
  const reached = new Set(['README.md'])
  for (const page of reached) {
    for (const { path } of linksOf(page)) if (pages.includes(path)) reached.add(path)
  }
  expect(pages.filter((page) => !reached.has(page))).toEqual([])
})

test('every page that a message, a recipe, a schema or an example names exists', () => {
  const files = ['src', 'recipes', 'schemas', 'examples', 'scripts', 'templates'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(ts|ya?ml|json)$/.test(name))
      .map((name) => join(folder, name)),
  )
  const named = files.flatMap((file) =>
    [...readFileSync(join(ROOT, file), 'utf8').matchAll(/(?<!github\.com\/\S*)\bdocs\/[\w/-]+\.md/g)].map(([page]) => ({
      file,
      page,
    })),
  )
  expect(named.length).toBeGreaterThan(40)
  expect(named.filter(({ page }) => !existsSync(join(ROOT, page)))).toEqual([])
})
