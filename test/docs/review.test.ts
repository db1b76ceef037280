import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { PAGE, withBlocks } from '../../scripts/review/page.ts'
import { endStory, tellStory } from '../../scripts/review/story.ts'

test('the tutorial shows the output of the program', async () => {
  const story = await tellStory()
  endStory(story)
  const page = readFileSync(PAGE, 'utf8')
  expect(page).toBe(withBlocks(page, story.blocks))
  for (const name of Object.keys(story.blocks).filter((block) => block !== 'markdown')) {
    expect(page).toContain(`<!-- begin ${name} -->`)
  }
})
