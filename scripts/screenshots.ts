/**
 * npm run screenshots
 *
 * Takes the pictures in docs/images of the HTML reports of the demo, in light and dark. Needs
 * Chromium and a build.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Browser, findChromium, openChromium } from '../test/chromium.ts'

interface Picture {
  name: string
  report: string
  scheme: 'light' | 'dark'
  size: [width: number, height: number]
  /** Runs on the page before the picture. */
  prepare?: string
}

const toTop = (section: string) =>
  `document.documentElement.style.scrollBehavior = 'auto'; document.querySelector('#${section}').scrollIntoView()`
const openRow = `document.querySelectorAll('#actions .row')[16].click()`

const PICTURES: readonly Picture[] = [
  { name: 'report-plan-light', report: 'plan', scheme: 'light', size: [1180, 820] },
  { name: 'report-plan-dark', report: 'plan', scheme: 'dark', size: [1180, 820], prepare: toTop('charts') },
  {
    name: 'report-actions-light',
    report: 'plan',
    scheme: 'light',
    size: [1180, 820],
    prepare: `${toTop('actions')}; ${openRow}`,
  },
  { name: 'report-cause-light', report: 'plan', scheme: 'light', size: [1180, 620], prepare: toTop('problems') },
  { name: 'report-apply-dark', report: 'apply', scheme: 'dark', size: [1180, 820], prepare: toTop('requests') },
  { name: 'report-plan-narrow', report: 'plan', scheme: 'light', size: [360, 740] },
]

const root = fileURLToPath(new URL('..', import.meta.url))
const images = join(root, 'docs/images')
const program = findChromium()
if (program === undefined) throw new Error('Chromium is missing: apt-get install chromium')
mkdirSync(images, { recursive: true })
const folder = mkdtempSync(join(tmpdir(), 'workos-migrate-screenshots-'))
try {
  writeReports(folder)
  const browser = await openChromium(program)
  try {
    for (const picture of PICTURES) await take(browser, picture)
  } finally {
    await browser.close()
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}

function writeReports(folder: string): void {
  cpSync(join(root, 'migrate.config.yaml'), join(folder, 'migrate.config.yaml'))
  cpSync(join(root, 'examples/clerk-demo'), join(folder, 'examples/clerk-demo'), { recursive: true })
  for (const line of [
    ['plan', '--html', 'plan.html'],
    ['apply', '--yes', '--html', 'apply.html'],
  ]) {
    const { error, stderr } = spawnSync(process.execPath, [join(root, 'dist/cli/main.js'), ...line], {
      cwd: folder,
      encoding: 'utf8',
    })
    if (error || !stderr.includes('The report is in')) throw new Error(`${line.join(' ')} wrote no report: ${stderr}`)
  }
}

async function take(browser: Browser, { name, report, scheme, size, prepare }: Picture): Promise<void> {
  const tab = await browser.tab(...size)
  await tab.send('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: scheme }] })
  await tab.open(join(folder, `${report}.html`))
  if (prepare !== undefined) await tab.value(`(() => { ${prepare} })()`)
  // Charts are drawn after the page has its width.
  await new Promise((resolve) => setTimeout(resolve, 400))
  if (tab.complaints.length > 0) throw new Error(`${name}: ${tab.complaints.join('\n')}`)
  writeFileSync(join(images, `${name}.png`), await tab.picture())
  process.stdout.write(`docs/images/${name}.png\n`)
}
