import { ConflictException, Injectable, Logger, NotFoundException } from '@nestjs/common'
import { futureOf, type ProcessFuture } from 'pebble-ts'
import { type Observable, ReplaySubject } from 'rxjs'
import { type Failure, failureOf } from './failure'
import { type Progress, ReportsService, type Summary } from './reports.service'

/** The state of a report, as clients see it. */
export interface Report {
  readonly id: string
  readonly state: 'queued' | 'running' | 'done' | 'failed'
  /** The process that runs it. */
  readonly pid: number | null
  readonly phase?: Progress['phase']
  /** From 0 to 1. */
  readonly progress: number
  readonly summary?: Summary
  readonly failure?: Failure
}

interface Job {
  readonly future: ProcessFuture<Summary>
  /** Gives a new subscriber the last state first, also after the end. */
  readonly states: ReplaySubject<Report>
  report: Report
}

const MOST_JOBS = 1_000

/** The reports of this application, from their start on. */
@Injectable()
export class ReportJobs {
  private readonly logger = new Logger(ReportJobs.name)
  private readonly jobs = new Map<string, Job>()

  constructor(private readonly reports: ReportsService) {}

  /** @param onEnd is called when the file is not needed any more */
  start(id: string, file: string, onEnd: () => void): Report {
    const future = futureOf(this.reports.create(id, file)) as ProcessFuture<Summary>
    const job: Job = { future, states: new ReplaySubject(1), report: { id, state: 'queued', pid: null, progress: 0 } }
    job.states.next(job.report)
    this.jobs.set(id, job)
    future.onProgress((progress) => {
      const { phase, done } = progress as Progress
      update(job, { state: 'running', pid: future.pid, phase, progress: done })
    })
    void this.finish(job).finally(onEnd)
    this.forgetOldest()
    return job.report
  }

  get(id: string): Report {
    return this.find(id).report
  }

  /** The state now, and then each change. It completes when the report has ended. */
  events(id: string): Observable<Report> {
    return this.find(id).states.asObservable()
  }

  /** @throws {ConflictException} the report has ended */
  cancel(id: string): void {
    if (!this.find(id).future.cancel()) throw new ConflictException(`Report ${id} has ended.`)
  }

  private async finish(job: Job): Promise<void> {
    try {
      update(job, { summary: await job.future, state: 'done', progress: 1 })
    } catch (error) {
      this.logger.warn(`Report ${job.report.id}: ${String(error)}`)
      update(job, { state: 'failed', failure: failureOf(error as Error) })
    }
    job.states.complete()
  }

  private find(id: string): Job {
    const job = this.jobs.get(id)
    if (!job) throw new NotFoundException(`There is no report ${id}.`)
    return job
  }

  private forgetOldest(): void {
    for (const [id, { future }] of this.jobs) {
      if (this.jobs.size <= MOST_JOBS) return
      if (future.done()) this.jobs.delete(id)
    }
  }
}

function update(job: Job, change: Partial<Report>): void {
  job.report = { ...job.report, ...change }
  job.states.next(job.report)
}
