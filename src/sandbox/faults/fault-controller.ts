import type { FaultReport, FaultSet } from './fault.ts'
import { type Arrival, FaultInjector, type InjectedFault } from './injector.ts'

/** The faults in force; they may change while the sandbox runs. */
export class FaultController {
  #injector: FaultInjector | undefined

  constructor(set: FaultSet | undefined) {
    this.setFaults(set)
  }

  /** Undefined: no more faults. */
  setFaults(set: FaultSet | undefined): void {
    this.#injector = set && new FaultInjector(set)
  }

  report(): FaultReport {
    return this.#injector?.report() ?? { seed: 1, faults: [] }
  }

  /** The fault that a request meets. Without faults in force nothing is looked at. */
  choose(arrival: () => Arrival): InjectedFault | undefined {
    return this.#injector?.choose(arrival())
  }
}
