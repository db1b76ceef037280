import type { SourceRecord } from '../sources/source.ts'
import { AssignmentMapper } from './assignment-mapper.ts'
import { appliesTo, type CompiledMapping, type RuleName } from './compile.ts'
import type { Condition } from './evaluate.ts'
import { Evaluations } from './evaluations.ts'
import { KindMapper } from './kind-mapper.ts'
import { addLeftOut, blamed, leftOutKey } from './left-out.ts'
import type { MapResult } from './result.ts'
import type { MappedItem, RuleMapper, Work } from './rule-mapper.ts'
import { RuleRun } from './rule-run.ts'
import { heard, Speech } from './said.ts'

/** Maps records one after another, each by every rule that applies, and adds the results. */
export class RecordMapper {
  readonly #work: Work
  readonly #runs: readonly RuleRun[]
  /** Rules by stream. */
  readonly #ofStream = new Map<string, readonly RuleRun[]>()
  readonly #goOn = () => this.#mapRecord()

  /**
   * Of the current record: the rules, how many are done, and the condition by which each of these
   * had no item.
   */
  #rules: readonly RuleRun[] = []
  #done = 0
  readonly #conditions: (Condition | undefined)[] = []
  /** The size of the result before the record. */
  #before = 0

  /** @param watch called with each item, in order */
  constructor(mapping: CompiledMapping, result: MapResult, watch?: (mapped: MappedItem) => void) {
    const record: SourceRecord = { seq: 0, stream: '', origin: { file: '' }, data: {} }
    const begun = {
      evaluations: new Evaluations(),
      speech: new Speech(),
      own: new Map(),
      values: new Map(),
      firstDraft: 0,
    }
    const work = { mapping, result, watch, record, ...begun }
    const { kinds, roleAssignment } = mapping
    this.#work = work
    const mappers: RuleMapper[] = kinds.map((kindRule) => new KindMapper(kindRule, work))
    if (roleAssignment !== undefined) mappers.push(new AssignmentMapper(roleAssignment, work))
    this.#runs = mappers.map((mapper) => new RuleRun(mapper, work))
  }

  /** Runs mapping work and collects what functions say in it. */
  hearing<T>(work: () => T): T {
    return heard(this.#work.speech, work)
  }

  /**
   * Maps a record, within `hearing`, synchronously if its expressions allow it. The next record
   * must wait for it.
   */
  map(record: SourceRecord): void | Promise<void> {
    const { result, own, values, evaluations, speech } = this.#work
    this.#work.record = record
    this.#work.firstDraft = result.drafts.length
    own.clear()
    values.clear()
    this.#rules = this.#rulesOf(record.stream)
    this.#done = 0
    this.#conditions.length = 0
    this.#before = yielded(result)
    speech.forget()
    return evaluations.run(this.#goOn)
  }

  #mapRecord(): void {
    for (; this.#done < this.#rules.length; this.#done += 1) {
      const rule = this.#rules[this.#done]
      if (rule !== undefined) this.#conditions.push(rule.goOn())
    }
    this.#account()
  }

  /** Counts the record: mapped or left out. */
  #account(): void {
    const { result, record, mapping, evaluations } = this.#work
    if (yielded(result) > this.#before) {
      result.mapped += 1
      return
    }
    const conditions = new Map(
      this.#rules.map(({ rule }, index): [RuleName, Condition | undefined] => [rule.kind, this.#conditions[index]]),
    )
    const { path, rule } = blamed(conditions, mapping.settings.map, record.stream)
    addLeftOut(result, record, path, leftOutKey(this.#work, rule))
    evaluations.endStep()
  }

  #rulesOf(stream: string): readonly RuleRun[] {
    let rules = this.#ofStream.get(stream)
    if (rules === undefined) {
      const { mainStream } = this.#work.mapping.settings
      rules = this.#runs.filter(({ rule }) => appliesTo(rule, stream, mainStream))
      this.#ofStream.set(stream, rules)
    }
    return rules
  }
}

function yielded(result: MapResult): number {
  return result.drafts.length + result.grants.length + result.rejects.length + result.assigned
}
