export default (numbers) => numbers.map((n) => n * 2)
