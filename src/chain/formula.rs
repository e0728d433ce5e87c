//! Arithmetic over players: what the chain takes apart.
//!
//! A formula is kept as the steps of a stack machine (operands before operators), not as a tree of boxes. Nothing here
//! recurses, so a formula that flattening made thousands of levels deep cannot exhaust a thread's stack.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::{Add, Div, Mul, Neg, Sub};

use num_rational::BigRational;
use num_traits::Zero;

use super::{ChainError, Side};

/// One step of a formula. Operators take what stands before them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A constant.
    Number(BigRational),
    /// The value of a driver, by its position in the states.
    Leaf(usize),
    /// The number with the other sign.
    Neg,
    /// The sum of two.
    Add,
    /// The first less the second.
    Sub,
    /// The product of two.
    Mul,
    /// The first divided by the second.
    Div,
}

/// An arithmetic formula over drivers, evaluated in exact fractions.
///
/// ```
/// use num_rational::BigRational;
/// use ripplemark::chain::Formula;
///
/// let share = Formula::leaf(0) / (Formula::leaf(0) + Formula::leaf(1));
/// let whole = |n: i64| BigRational::from_integer(n.into());
/// let value = share.evaluate(&[whole(1), whole(2)])?;
/// assert_eq!(value, whole(1) / whole(3));
/// assert!(share.evaluate(&[whole(0), whole(0)]).is_err());
/// # Ok::<(), ripplemark::chain::ChainError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Formula {
    steps: Vec<Step>,
    /// Where the part that ends with each step begins.
    starts: Vec<usize>,
}

impl Formula {
    /// A constant.
    #[must_use]
    pub fn number(value: BigRational) -> Formula {
        Formula { steps: vec![Step::Number(value)], starts: vec![0] }
    }

    /// A driver.
    #[must_use]
    pub fn leaf(leaf: usize) -> Formula {
        Formula { steps: vec![Step::Leaf(leaf)], starts: vec![0] }
    }

    /// A formula from its steps, operands before operators: `a - b` is `[Leaf(0), Leaf(1), Sub]`.
    ///
    /// # Errors
    /// [`ChainError::Malformed`] if an operator lacks an operand, or not exactly one value is left at the end.
    pub fn from_steps(steps: Vec<Step>) -> Result<Formula, ChainError> {
        let mut open: Vec<usize> = Vec::new();
        let mut starts = Vec::with_capacity(steps.len());
        for (at, step) in steps.iter().enumerate() {
            let start = match step {
                Step::Number(_) | Step::Leaf(_) => at,
                Step::Neg => open.pop().ok_or(ChainError::Malformed)?,
                Step::Add | Step::Sub | Step::Mul | Step::Div => {
                    open.pop().ok_or(ChainError::Malformed)?;
                    open.pop().ok_or(ChainError::Malformed)?
                }
            };
            open.push(start);
            starts.push(start);
        }
        if open.len() == 1 { Ok(Formula { steps, starts }) } else { Err(ChainError::Malformed) }
    }

    /// The steps, operands before operators.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The drivers that occur, in ascending order.
    #[must_use]
    pub fn leaves(&self) -> BTreeSet<usize> {
        leaves(&self.steps)
    }

    /// The exact value in one state, in time linear in the steps.
    ///
    /// # Errors
    /// [`ChainError::ZeroDenominator`] where it divides by 0 (without saying in which of two states),
    /// [`ChainError::UnknownLeaf`] where `state` is too short.
    pub fn evaluate(&self, state: &[BigRational]) -> Result<BigRational, ChainError> {
        self.value(self.root(), |leaf| state.get(leaf)).map_err(|stop| match stop {
            Stop::Zero => ChainError::ZeroDenominator { sides: Vec::new() },
            Stop::Leaf(leaf) => ChainError::UnknownLeaf { leaf },
            Stop::Malformed => ChainError::Malformed,
        })
    }

    /// The last step: the whole formula.
    pub(super) fn root(&self) -> usize {
        self.steps.len().saturating_sub(1)
    }

    /// The step with which the part that ends with `root` begins.
    pub(super) fn start(&self, root: usize) -> usize {
        self.starts.get(root).copied().unwrap_or(root)
    }

    /// The steps of the part that ends with `root`.
    pub(super) fn part(&self, root: usize) -> &[Step] {
        self.steps.get(self.start(root)..=root).unwrap_or_default()
    }

    /// What the part that ends with `root` is made of.
    pub(super) fn node(&self, root: usize) -> Option<Node> {
        let right = root.checked_sub(1);
        let pair = || {
            let left = self.starts.get(right?)?.checked_sub(1)?;
            Some((left, right?))
        };
        Some(match self.steps.get(root)? {
            Step::Number(_) | Step::Leaf(_) => Node::Atom,
            Step::Neg => Node::Neg(right?),
            Step::Add => pair().map(|(a, b)| Node::Add(a, b))?,
            Step::Sub => pair().map(|(a, b)| Node::Sub(a, b))?,
            Step::Mul => pair().map(|(a, b)| Node::Mul(a, b))?,
            Step::Div => pair().map(|(a, b)| Node::Div(a, b))?,
        })
    }

    /// The exact value of the part that ends with `root`.
    pub(super) fn value<'a>(
        &'a self,
        root: usize,
        leaf: impl Fn(usize) -> Option<&'a BigRational>,
    ) -> Result<BigRational, Stop> {
        let mut stack: Vec<Cow<'a, BigRational>> = Vec::new();
        for step in self.part(root) {
            let result = match step {
                Step::Number(value) => Cow::Borrowed(value),
                Step::Leaf(at) => Cow::Borrowed(leaf(*at).ok_or(Stop::Leaf(*at))?),
                Step::Neg => Cow::Owned(-stack.pop().ok_or(Stop::Malformed)?.into_owned()),
                Step::Add | Step::Sub | Step::Mul | Step::Div => {
                    let b = stack.pop().ok_or(Stop::Malformed)?;
                    let a = stack.pop().ok_or(Stop::Malformed)?;
                    Cow::Owned(match step {
                        Step::Add => &*a + &*b,
                        Step::Sub => &*a - &*b,
                        Step::Mul => &*a * &*b,
                        _ if b.is_zero() => return Err(Stop::Zero),
                        _ => &*a / &*b,
                    })
                }
            };
            stack.push(result);
        }
        stack.pop().map(Cow::into_owned).ok_or(Stop::Malformed)
    }

    fn join(mut self, other: Formula, operator: Step) -> Formula {
        let shift = self.steps.len();
        self.steps.extend(other.steps);
        self.starts.extend(other.starts.into_iter().map(|start| start + shift));
        self.steps.push(operator);
        self.starts.push(0);
        self
    }
}

/// A part of a formula with its operands, each named by the step that ends it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Node {
    Atom,
    Neg(usize),
    Add(usize, usize),
    Sub(usize, usize),
    Mul(usize, usize),
    Div(usize, usize),
}

/// Why a part has no value.
#[derive(Clone, Copy, Debug)]
pub(super) enum Stop {
    Zero,
    Leaf(usize),
    Malformed,
}

impl Stop {
    /// As an error of a decomposition, with the states in which it happened.
    pub(super) fn at(self, sides: &[Side]) -> ChainError {
        match self {
            Stop::Zero => ChainError::ZeroDenominator { sides: sides.to_vec() },
            Stop::Leaf(leaf) => ChainError::UnknownLeaf { leaf },
            Stop::Malformed => ChainError::Malformed,
        }
    }
}

/// The drivers that occur in some steps.
pub(super) fn leaves(steps: &[Step]) -> BTreeSet<usize> {
    let leaf = |step: &Step| if let Step::Leaf(leaf) = step { Some(*leaf) } else { None };
    steps.iter().filter_map(leaf).collect()
}

impl Neg for Formula {
    type Output = Formula;
    fn neg(mut self) -> Formula {
        self.steps.push(Step::Neg);
        self.starts.push(0);
        self
    }
}

impl Add for Formula {
    type Output = Formula;
    fn add(self, other: Formula) -> Formula {
        self.join(other, Step::Add)
    }
}

impl Sub for Formula {
    type Output = Formula;
    fn sub(self, other: Formula) -> Formula {
        self.join(other, Step::Sub)
    }
}

impl Mul for Formula {
    type Output = Formula;
    fn mul(self, other: Formula) -> Formula {
        self.join(other, Step::Mul)
    }
}

impl Div for Formula {
    type Output = Formula;
    fn div(self, other: Formula) -> Formula {
        self.join(other, Step::Div)
    }
}
