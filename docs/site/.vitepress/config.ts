import { readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defineConfig, type Plugin } from 'vitepress'

/**
 * The site is docs/ as it is: each page of it, its index as the first page, and the lists of the
 * index as the sidebar. What is linked beside docs/ is linked on the repository that REPOSITORY_URL
 * names, and is plain text without one.
 */

const repository = process.env.REPOSITORY_URL
const docs = new URL('../../', import.meta.url)

/** VitePress calls the page of a folder index.md, GitHub README.md. */
const FOLDERS = ['', 'how-to/sources/', 'decisions/']
const rewrites = Object.fromEntries(FOLDERS.map((folder) => [`${folder}README.md`, `${folder}index.md`]))

interface Item {
  text: string
  link: string
}

/** The sections of docs/README.md with the links in their lists, without sections of tables. */
function sidebar(): { text: string; collapsed: boolean; items: Item[] }[] {
  const [, ...sections] = readFileSync(new URL('README.md', docs), 'utf8').split(/^## /m)
  const shelves = sections.map((section) => {
    const [text = '', ...lines] = section.split('\n')
    const list = lines.filter((line) => line.startsWith('- ')).join('\n')
    const links = list.matchAll(/\[([^\]]+)\]\(([^):]+\.md)\)/g)
    const items = [...links].map(([, label = '', path = '']) => ({ text: capitalized(label), link: pageOf(path) }))
    return { text, collapsed: false, items }
  })
  return shelves.filter(({ items }) => items.length > 0)
}

function pageOf(path: string): string {
  return `/${path.replace(/README\.md$/, '').replace(/\.md$/, '')}`
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/**
 * Where a link of a page leads in the repository; undefined: it stays within docs/, or leads to the
 * web.
 */
function besideDocs(href: string, page: string): string | undefined {
  if (/^[a-z]+:|^#|^\//.test(href)) return undefined
  const path = posix.join('docs', posix.dirname(page), href)
  return path.startsWith('docs/') ? undefined : path
}

/** The pages are outside of the folder that Vue is installed in. */
const vueOfTheSite = {
  name: 'vue-of-the-site',
  enforce: 'pre',
  resolveId(id, _importer, { ssr }) {
    if (!/^vue(\/|$)/.test(id)) return undefined
    return ssr ? { id, external: true } : this.resolve(id, fileURLToPath(import.meta.url))
  },
} satisfies Plugin

export default defineConfig({
  title: 'workos-migrate',
  description: 'Moves users, organizations, memberships, roles, passwords and second factors into WorkOS',
  srcDir: '..',
  srcExclude: ['site/**'],
  outDir: './dist',
  rewrites,
  head: [['link', { rel: 'icon', href: 'data:,' }]],
  vite: { plugins: [vueOfTheSite], build: { chunkSizeWarningLimit: 4096 } },
  markdown: {
    languageAlias: { ndjson: 'json' },
    config(md) {
      md.core.ruler.push('beside-docs', ({ tokens, env }) => {
        for (const { children } of tokens) {
          let open = false
          for (const token of children ?? []) {
            if (token.type === 'link_close' && open) {
              token.tag = 'span'
              open = false
            }
            const path = token.type === 'link_open' && besideDocs(String(token.attrGet('href')), env.relativePath)
            if (!path) continue
            if (repository !== undefined) token.attrSet('href', `${repository}/blob/main/${path}`)
            else {
              token.tag = 'span'
              token.attrs = null
              open = true
            }
          }
        }
      })
    },
  },
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    sidebar: sidebar(),
    ...(repository !== undefined && { socialLinks: [{ icon: 'github', link: repository }] }),
  },
})
