/**
 * The life of a worker, as its pool sees it. A worker never goes back to an earlier state; its successor is another
 * worker.
 *
 *            gets no more calls            has no call left
 *   Active ─────────────────────► Retiring ────────────────► Stopping ── exit ──► Stopped
 *     │  │                          │  │                        ▲
 *     │  └──────────────────────────┼──┴────────── kill ────────┘
 *     └─────────────────────────────┴───────── exit ────────────────────────────► Died
 *
 * Three facts about a worker are separate booleans of `WorkerHandle`, because each may change in several of these
 * states:
 *
 * - `isReady`: its session has started. A worker may retire, be killed or die before that.
 * - `isOverMemory`: like `maxTasks`, a reason to retire once the worker is idle. Until then it is `Active` and counts
 *   towards `maxWorkers`.
 * - `isRef`: the worker keeps the program alive. This follows the calls, not the life.
 */
export const enum WorkerState {
  /** Starts, or serves. It may get calls, unless it is the spare. */
  Active,
  /** It gets no more calls, and stops when its calls are over. */
  Retiring,
  /** It was told to stop, or killed: its exit is expected. */
  Stopping,
  /** It has exited because it was told to. */
  Stopped,
  /** It has exited by itself. */
  Died,
}
