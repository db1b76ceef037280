/**
 * The page, and the blocks in it that are made by the program: each stands in a fence between its
 * two comments.
 */
export const PAGE = new URL('../../docs/tutorials/first-pull-request.md', import.meta.url)

const BLOCK = /(<!-- begin (\S+) -->\n(`{3,})(\S*)\n)[\s\S]*?(\3\n<!-- end -->)/g

/** The page with each block anew. @throws for a block that nobody makes */
export function withBlocks(page: string, blocks: Readonly<Record<string, string>>): string {
  return page.replace(BLOCK, (_, head: string, name: string, _fence: string, _language: string, tail: string) => {
    const text = blocks[name]
    if (text === undefined) throw new Error(`nothing makes the block ${name}`)
    return `${head}${text.trimEnd()}\n${tail}`
  })
}
