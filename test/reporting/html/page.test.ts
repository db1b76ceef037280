import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Browser, findChromium, openChromium, type Tab } from '../../chromium.ts'
import { peopleProject, person } from '../../e2e/people.ts'
import { KEY, startWorkos } from '../../e2e/workos.ts'
import { HOSTILE } from '../rendered.ts'

const program = findChromium()
if (program === undefined) {
  process.stderr.write(
    '\nThe page of the HTML report was NOT tested: there is no Chromium on this machine (apt-get install chromium).\n',
  )
}

/** A plan of many users, some with hostile names, some rejected. */
async function reportOf(count = 300): Promise<string> {
  const workos = await startWorkos()
  const people = Array.from({ length: count }, (_, n) =>
    person(`person${n}`, { last_name: `Family${n}`, org_external_id: `o${n % 30}`, org_name: `Org ${n % 30}` }),
  )
  const hostile = HOSTILE.map((name, n) =>
    person(`hostile${n}`, { first_name: name, org_external_id: `h${n}`, org_name: name }),
  )
  const broken = [1, 2].map((n) => ({ ...person(`broken${n}`), email: 'no address' }))
  const project = peopleProject(workos, [...hostile, ...people, ...broken], { safety: { maxRejects: 9 } })
  const { stderr } = await project.run(['plan', '--html', 'plan.html'], { env: { KEY } })
  expect(stderr).toContain('The report is in plan.html')
  return project.path('plan.html')
}

const VISIBLE = "[...document.querySelectorAll('#actions .entry')].sort((a, b) => a.dataset.at - b.dataset.at)"

describe.skipIf(program === undefined)('the page in Chromium', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await openChromium(program ?? '')
  })
  afterAll(() => browser?.close())

  const opened = async (path: string, size: [number, number] = [1280, 900]): Promise<Tab> => {
    const tab = await browser.tab(...size)
    await tab.send('Page.addScriptToEvaluateOnNewDocument', {
      source: `window.alert = () => { window.harmed = true }
        new PerformanceObserver((list) => { for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift = (window.shift ?? 0) + entry.value })
          .observe({ type: 'layout-shift', buffered: true })`,
    })
    await tab.open(path)
    return tab
  }

  test('logs nothing, requests nothing, and hostile names do nothing', async () => {
    const path = await reportOf()
    const tab = await opened(path)
    // Make everything visible once, and open it.
    for (const name of ['script', 'evil.example', 'onerror']) {
      const typed = JSON.stringify(name)
      await tab.value(
        `(() => { const s = document.querySelector('#actions .search'); s.value = ${typed}; s.dispatchEvent(new Event('input')) })()`,
      )
      await tab.until(`${VISIBLE}.length < 12 && ${VISIBLE}.every((entry) => entry.textContent.includes(${typed}))`)
      await tab.value(`${VISIBLE}.forEach((entry) => entry.querySelector('.row').click())`)
    }
    await tab.until(
      `[...document.querySelectorAll('#actions .fields .after')].some((cell) => cell.textContent === '<img src=x onerror=alert(1)>')`,
    )
    expect(await tab.value('document.querySelectorAll("img, iframe, object, main script").length')).toBe(0)
    expect(await tab.value('window.harmed ?? false')).toBe(false)
    expect(await tab.value('document.body.textContent.includes("\\u202e")')).toBe(false)
    expect(tab.complaints).toEqual([])
    expect(tab.requests).toEqual([`file://${path}`])
    expect(await tab.value<number>('window.shift ?? 0')).toBeLessThan(0.01)
    // If markup got into the page, the policy must still prevent its execution.
    const refused = await tab.value<string>(
      `(() => { try { document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=alert(1)>'); return 'taken' } catch (error) { return error.name } })()`,
    )
    expect(refused).toBe('TypeError')
  })

  test('can be searched, filtered and read with the keyboard only', async () => {
    const tab = await opened(await reportOf())
    const said = "document.querySelector('#actions .said').textContent"
    const total = Number((await tab.value<string>(said)).split(' ')[0])
    expect(total).toBeGreaterThan(600)
    await tab.press('/')
    expect(await tab.value('document.activeElement.closest("section").id')).toBe('actions')
    await tab.type('Family123')
    await tab.until(`${said} === '1 of ${total}'`)
    await tab.press('Escape')
    await tab.until(`${said} === '${total} of ${total}'`)
    await tab.value(
      `(() => { const [kind] = document.querySelectorAll('#actions select'); kind.value = [...kind.options].find((o) => o.textContent === 'organization').value; kind.dispatchEvent(new Event('change')) })()`,
    )
    await tab.until(`${said} === '${30 + HOSTILE.length} of ${total}'`)
    expect(await tab.value(`${VISIBLE}.every((entry) => entry.textContent.includes('organization:'))`)).toBe(true)

    await tab.press('Tab', 'Tab', 'Tab')
    expect(await tab.value('document.activeElement.getAttribute("role")')).toBe('grid')
    await tab.press('ArrowDown', 'ArrowDown', 'Enter')
    await tab.until(`${VISIBLE}.some((entry) => entry.dataset.at === '2' && entry.querySelector('.fields'))`)
    const active = 'document.getElementById(document.activeElement.getAttribute("aria-activedescendant"))'
    expect(await tab.value(`${active}.getAttribute("aria-rowindex")`)).toBe('4')
    expect(await tab.value(`${active}.getAttribute("aria-expanded")`)).toBe('true')
    await tab.press('ArrowLeft', 'End')
    await tab.until(`${active}?.getAttribute("aria-rowindex") === '${30 + HOSTILE.length + 1}'`)
    expect(await tab.value('document.activeElement.getAttribute("aria-rowcount")')).toBe(
      String(30 + HOSTILE.length + 1),
    )
    expect(await tab.value("document.querySelector('#actions .fields')")).toBe(null)
    // Only visible rows are drawn.
    expect(await tab.value<number>("document.querySelectorAll('#actions .entry').length")).toBeLessThan(60)
  })

  test('links from the summary to a cause with its remedy and records', async () => {
    const path = await reportOf(3)
    const tab = await opened(path)
    await tab.value("document.querySelector('#summary .links a').click()")
    await tab.until("location.hash === '#cause-rejected-invalid-email'")
    await tab.until("document.querySelectorAll(location.hash + ' .entry').length === 2")
    expect(await tab.value('document.querySelector(location.hash).textContent')).toContain('correct the email address')
    expect(await tab.value("document.querySelector('#charts canvas') !== null")).toBe(true)
    expect(await tab.value("document.querySelector('#charts details table').textContent")).toContain('users')
    // A link from outside also works.
    const direct = await browser.tab()
    await direct.open(path, '#cause-rejected-invalid-email')
    await direct.until('Math.abs(document.querySelector(location.hash).getBoundingClientRect().top) < innerHeight')
    expect(await direct.value<number>('scrollY')).toBeGreaterThan(500)
  })

  test('has legible colors in light and dark, fits a phone, and prints on few pages', async () => {
    const path = await reportOf()
    const tab = await opened(path, [360, 740])
    expect(await tab.value('document.documentElement.scrollWidth')).toBe(360)
    for (const scheme of ['light', 'dark']) {
      await tab.send('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: scheme }] })
      expect(await tab.value<string[]>(`(${FAINT})()`), scheme).toEqual([])
    }
    const paper = () => tab.value<string>('getComputedStyle(document.body).backgroundColor')
    const dark = await paper()
    await tab.value("document.querySelector('.theme').click()")
    expect(await tab.value("document.querySelector('.theme').textContent")).toBe('Colors: light')
    expect(await paper()).not.toBe(dark)
    const { data } = await tab.send('Page.printToPDF')
    const pages = Buffer.from(String(data), 'base64')
      .toString('latin1')
      .match(/\/Type\s*\/Page\b/g)?.length
    expect(pages).toBeGreaterThan(2)
    expect(pages).toBeLessThan(40)
    expect(tab.complaints).toEqual([])
    expect((await tab.picture()).subarray(1, 4).toString()).toBe('PNG')
  })
})

/** Texts with less contrast than the 4.5 to 1 of WCAG AA. */
const FAINT = `() => {
  const parse = (colour) => (colour.match(/[\\d.]+/g) ?? []).map(Number)
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255).map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, n) => sum + c * [0.2126, 0.7152, 0.0722][n], 0)
  const behind = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const [r, g, b, a = 1] = parse(getComputedStyle(one).backgroundColor)
      if (a > 0.99) return [r, g, b]
    }
    return [255, 255, 255]
  }
  const faint = new Set()
  for (const element of document.querySelectorAll('body *')) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim() !== '')
    if (!own || element.tagName === 'SCRIPT' || element.tagName === 'NOSCRIPT' || element.getClientRects().length === 0) continue
    const [one, other] = [light(parse(getComputedStyle(element).color)), light(behind(element))].sort((a, b) => b - a)
    const ratio = (one + 0.05) / (other + 0.05)
    if (ratio < 4.5) faint.add(element.tagName + '.' + element.className + ' ' + ratio.toFixed(2))
  }
  return [...faint]
}`
