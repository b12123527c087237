import { ThreadWorker } from 'poolifier'

export default new ThreadWorker(({ a, b }) => a + b)
