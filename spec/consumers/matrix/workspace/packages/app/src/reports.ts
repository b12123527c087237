export { NoReport, Reports } from '@acme/reports'
