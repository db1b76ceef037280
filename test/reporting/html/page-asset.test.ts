import { expect, test } from 'vitest'
import { pageAssets } from '../../../src/reporting/html/page.ts'
import { built } from '../../built.ts'

test('the package has the bundle of the page', async () => {
  const packed: { pageAssets: typeof pageAssets } = await import(built('reporting/html/page.ts'))
  const assets = await pageAssets()
  expect(await packed.pageAssets()).toEqual(assets)
  // Each report contains it.
  expect(assets.script.length + assets.style.length).toBeLessThan(120_000)
})
