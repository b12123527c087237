const { add, doubleAll, echo, hang, inspect, nap } = require('../dist/bodies.cjs')

require('workerpool').worker({ add, doubleAll, echo, hang, inspect, nap })
