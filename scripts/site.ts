/**
 * npm run site                builds the site and tests it
 * npm run site -- --picture   also draws docs/images/site.png
 *
 * Builds the documentation as a static site (docs/site/dist) and opens it in Chromium: every page
 * of the sidebar, a search, no console errors, no requests to other servers.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findChromium, openChromium, type Tab } from '../test/chromium.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const site = join(root, 'docs/site')
const dist = join(site, 'dist')

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
}

const program = findChromium()
if (program === undefined) throw new Error('Chromium is missing: apt-get install chromium')
run('npm', 'ci', '--no-audit', '--no-fund')
run('npm', 'run', 'build')

const server = createServer((request, response) => {
  const path = normalize(decodeURIComponent(new URL(String(request.url), 'http://localhost').pathname))
  const file = join(dist, path.endsWith('/') ? `${path}index.html` : path)
  if (!existsSync(file)) return response.writeHead(404).end()
  response
    .writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' })
    .end(readFileSync(file))
})
server.listen(0, '127.0.0.1')
await new Promise((resolve) => server.once('listening', resolve))
const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

const browser = await openChromium(program)
try {
  const tab = await browser.tab()
  await visit(tab, '/')
  if (process.argv.includes('--picture')) writeFileSync(join(root, 'docs/images/site.png'), await tab.picture())
  const pages = await tab.value<string[]>(
    "[...document.querySelectorAll('.VPSidebar a')].map(({ pathname }) => pathname)",
  )
  if (pages.length < 40) throw new Error(`the sidebar has ${pages.length} pages`)
  for (const page of pages) await visit(tab, page)
  await search(tab, 'password')
  const elsewhere = tab.requests.filter((url) => !url.startsWith(origin) && !url.startsWith('data:'))
  const complaints = [...tab.complaints, ...elsewhere.map((url) => `it asked for ${url}`)]
  if (complaints.length > 0) throw new Error(complaints.join('\n'))
  process.stdout.write(`${pages.length} pages, no browser errors\n`)
} finally {
  await browser.close()
  server.close()
}

function run(command: string, ...args: string[]): void {
  const { status } = spawnSync(command, args, { cwd: site, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}

/** Opens a page and waits for its heading and title. */
async function visit(tab: Tab, path: string): Promise<void> {
  await tab.send('Page.navigate', { url: origin + path })
  await tab.until(
    `location.pathname === ${JSON.stringify(path)} && document.readyState === 'complete' && document.querySelector('main h1')`,
  )
  const broken = await tab.value<string[]>(
    "Promise.all([...document.images].map(async (image) => { image.loading = 'eager'; await image.decode().catch(() => {}); return image })).then((all) => all.filter(({ naturalWidth }) => naturalWidth === 0).map(({ src }) => src))",
  )
  if (broken.length > 0) throw new Error(`${path}: missing picture: ${broken.join(', ')}`)
}

/** Searches for a word and opens the first result. */
async function search(tab: Tab, word: string): Promise<void> {
  await tab.value("document.querySelector('.VPNavBarSearch button').click()")
  await tab.until("document.querySelector('#localsearch-input')")
  await tab.value("document.querySelector('#localsearch-input').focus()")
  await tab.type(word)
  await tab.until("document.querySelector('#localsearch-list .result')")
  const found = await tab.value<string>("document.querySelector('#localsearch-list .result').textContent")
  if (!found.toLowerCase().includes(word)) throw new Error(`the search for "${word}" found ${found}`)
}
