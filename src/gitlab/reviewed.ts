/** Checks by its digest that a saved plan is the one that the merged merge request shows. */

import { StalePlanError } from '../diagnostics/errors.ts'
import type { Gitlab } from './api.ts'
import { findNote } from './notes.ts'

/** The last line of a note: its origin and the digest of its plan. */
export function noteFooter(origin: string, digest: string | undefined): string {
  const parts = ['workos-migrate', origin, digest === undefined ? '' : `plan \`${digest}\``]
  return `<sub>${parts.filter((part) => part !== '').join(' · ')}</sub>`
}

function digestIn(body: string): string | undefined {
  return /^<sub>workos-migrate .*\bplan `([0-9a-f]+)`<\/sub>$/.exec(body.trimEnd().split('\n').at(-1) ?? '')?.[1]
}

/**
 * The merge request that was merged as the commit of this job, if its note shows this plan.
 * @throws StalePlanError if the note shows another plan or does not exist
 */
export function reviewedIn(gitlab: Gitlab, label: string, digest: string): Promise<string> {
  const commit = gitlab.needed('CI_COMMIT_SHA')
  const branch = gitlab.needed('CI_COMMIT_BRANCH')
  return gitlab.persist(async () => {
    const mergeRequest = await mergedAs(gitlab, commit, branch)
    if (mergeRequest === undefined) {
      throw notReviewed(`no merge request into ${branch} was merged as commit ${commit.slice(0, 8)}`)
    }
    const note = await findNote(gitlab, mergeRequest, label)
    const shown = note === undefined ? undefined : digestIn(note.body)
    if (shown === undefined) throw notReviewed(`merge request !${mergeRequest} shows no plan for ${label}`)
    if (shown === digest) return mergeRequest
    throw notReviewed(
      `merge request !${mergeRequest} shows a different plan for ${label}: ${shown}; this one is ${digest}`,
    )
  })
}

async function mergedAs(gitlab: Gitlab, commit: string, branch: string): Promise<string | undefined> {
  for await (const found of gitlab.list(`${gitlab.project}/repository/commits/${commit}/merge_requests`)) {
    const { iid, state, target_branch: target, merge_commit_sha: merge, squash_commit_sha: squash, sha } = found
    // A fast-forward has no merge commit.
    const commits = [merge, squash, ...(merge === null ? [sha] : [])]
    if (state === 'merged' && target === branch && commits.includes(commit)) return String(iid)
  }
  return undefined
}

function notReviewed(why: string): StalePlanError {
  return new StalePlanError({
    code: 'plan_not_reviewed',
    message: `the saved plan is not the reviewed one: ${why}`,
    hint: 'check the plan in the log of its job; to apply it, start the job with the variable ONLY_REVIEWED=false',
  })
}
