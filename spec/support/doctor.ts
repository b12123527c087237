/** Runs `pebble-ts doctor` of an installed copy of the package, on modules of a project. */
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { installCopy, linkDependencies } from './copies'
import { runProgram, type ProgramOptions } from './program'

const MODULES = join(__dirname, '..', 'fixtures', 'doctor')
const TOOLS = ['@nestjs/common', '@nestjs/core', 'reflect-metadata', 'tsx', 'typescript']

export const STANDARD = { target: 'ES2022', module: 'Node16', strict: true, isolatedModules: true }
export const LEGACY = { ...STANDARD, experimentalDecorators: true, emitDecoratorMetadata: true }

export interface Doctor {
  readonly exitCode: number | null
  /** Without what differs from run to run: times and sizes are `…`. */
  readonly text: string
  readonly stderr: string
  /** Only for `--json`. */
  readonly report: any
}

export interface Project {
  readonly folder: string
  /** Writes files, by their paths in the project. An object is written as JSON. */
  write(files: Readonly<Record<string, unknown>>): void
  doctor(args: readonly string[], options?: ProgramOptions): Promise<Doctor>
  remove(): void
}

/** A folder with the modules of fixtures/doctor, a tsconfig.json for them, the package, and these tools. */
export function createProject(tools: readonly string[] = TOOLS): Project {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'pebble-doctor-')))
  cpSync(MODULES, folder, { recursive: true })
  linkDependencies(folder, tools)
  const cli = join(installCopy(folder, '0.1.0'), 'dist', 'cli.js')
  const project: Project = {
    folder,
    write: (files) => writeFiles(folder, files),
    doctor: async (args, options = {}) => {
      const { exitCode, stdout, stderr } = await runProgram(cli, { cwd: folder, args: ['doctor', ...args], ...options })
      const report: unknown = args.includes('--json') && exitCode !== 2 ? JSON.parse(stdout) : undefined
      return { exitCode, text: plain(stdout), stderr, report }
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
  project.write({ 'tsconfig.json': { compilerOptions: STANDARD } })
  return project
}

function writeFiles(folder: string, files: Readonly<Record<string, unknown>>): void {
  for (const [path, content] of Object.entries(files)) {
    const file = join(folder, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
  }
}

function plain(text: string): string {
  return text
    .replace(/\d+ ms, heap [+−][\d.]+ MB, resident [+−][\d.]+ MB/g, '… ms, heap … MB, resident … MB')
    .replaceAll(process.version, 'v…')
    .replace(/tsx \d+\.\d+\.\d+/g, 'tsx …')
}
