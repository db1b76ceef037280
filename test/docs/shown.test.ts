import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { withBlocks } from '../../scripts/review/page.ts'
import { SHOWN, shownIn } from '../../scripts/shown.ts'

// Out of step: npm run docs
test.each(Object.keys(SHOWN))('%s shows what the program prints', async (page) => {
  const text = readFileSync(page, 'utf8')
  for (const name of Object.keys(SHOWN[page] ?? {})) expect(text).toContain(`<!-- begin ${name} -->`)
  expect(text).toBe(withBlocks(text, await shownIn(page)))
})
