import { spawnSync } from 'node:child_process'

export interface ProcessEntry {
  readonly pid: number
  readonly parent: number
  readonly state: string
  readonly command: string
}

/** The processes of this machine, as `ps` lists them. Zombies have ended and wait for their parent to collect them. */
export function processes(): ProcessEntry[] {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid=,stat=,args='], { encoding: 'utf8' })
  return stdout
    .split('\n')
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line))
    .filter((match) => match !== null)
    .map(([, pid, parent, state, command]) => ({
      pid: Number(pid),
      parent: Number(parent),
      state: state as string,
      command: command as string,
    }))
}

export function children(parent: number): ProcessEntry[] {
  return processes().filter((entry) => entry.parent === parent)
}

export function isAlive(pid: number): boolean {
  return processes().some((entry) => entry.pid === pid && !entry.state.startsWith('Z'))
}
