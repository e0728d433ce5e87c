//! A formula as a sum of products, so that drivers that never meet need not be enumerated together.
//!
//! Contributions are linear: those of a sum are the sums of those of its terms, however it is cut into terms. So the
//! split is a matter of speed alone, and gives up where it would cost more than it saves.

use num_rational::BigRational;
use num_traits::{One, Zero};

use super::formula::{Formula, Node, Step};
use super::players::Players;
use super::{ChainError, Side};

/// Most terms that multiplying one product out may make; beyond, the product is enumerated as it is.
const MAX_PRODUCTS: usize = 1_024;

/// `scale × product of over ÷ product of under`. Parts of the formula are named by the step that ends them.
#[derive(Clone, Debug)]
pub(super) struct Term {
    pub(super) scale: BigRational,
    /// Leaves that moved, and sums that were not multiplied out.
    pub(super) over: Vec<usize>,
    /// Leaves that moved, and sums.
    pub(super) under: Vec<usize>,
}

/// A term while it is taken apart.
#[derive(Clone)]
struct Draft {
    scale: BigRational,
    leaves: Vec<usize>,
    sums: Vec<usize>,
    under: Vec<usize>,
    over_open: Vec<usize>,
    under_open: Vec<usize>,
}

impl Draft {
    fn done(mut self) -> Term {
        self.leaves.append(&mut self.sums);
        Term { scale: self.scale, over: self.leaves, under: self.under }
    }
}

/// Splits a formula that has a value in both states; parts that did not move become numbers, terms of nothing else
/// are left out.
///
/// # Errors
/// As the evaluation of the parts that did not move.
pub(super) fn split(formula: &Formula, players: &Players<'_>) -> Result<Vec<Term>, ChainError> {
    let mut moved = vec![0];
    for step in formula.steps() {
        let one = matches!(step, Step::Leaf(leaf) if players.player(*leaf).is_some());
        moved.push(moved.last().copied().unwrap_or(0) + usize::from(one));
    }
    let splitter = Splitter { formula, players, moved };
    let mut drafts = vec![Draft {
        scale: BigRational::one(),
        leaves: Vec::new(),
        sums: Vec::new(),
        under: Vec::new(),
        over_open: vec![formula.root()],
        under_open: Vec::new(),
    }];
    let mut terms = Vec::new();
    while let Some(mut draft) = drafts.pop() {
        splitter.settle(&mut draft)?;
        match draft.sums.as_slice() {
            [] => terms.push(draft.done()),
            [_] if draft.leaves.is_empty() && draft.under.is_empty() => {
                drafts.extend(splitter.cut(draft));
            }
            _ => match splitter.multiply_out(&draft)? {
                Some(products) => terms.extend(products),
                None => terms.push(draft.done()),
            },
        }
    }
    terms.retain(|term| !(term.scale.is_zero() || term.over.is_empty() && term.under.is_empty()));
    Ok(terms)
}

struct Splitter<'a> {
    formula: &'a Formula,
    players: &'a Players<'a>,
    /// How many of the steps before each step are leaves that moved.
    moved: Vec<usize>,
}

impl Splitter<'_> {
    /// The value of a part in which nothing moved.
    fn fixed(&self, root: usize) -> Result<Option<BigRational>, ChainError> {
        let up_to = |step: usize| self.moved.get(step).copied().unwrap_or(0);
        if up_to(root + 1) > up_to(self.formula.start(root)) {
            return Ok(None);
        }
        let value = self.formula.value(root, |leaf| self.players.value(leaf, Side::Before));
        value.map(Some).map_err(|stop| stop.at(&[Side::Before, Side::After]))
    }

    /// Sorts factors into leaves, sums and denominators.
    fn settle(&self, draft: &mut Draft) -> Result<(), ChainError> {
        loop {
            if let Some(root) = draft.over_open.pop() {
                if let Some(value) = self.fixed(root)? {
                    draft.scale *= value;
                    continue;
                }
                match self.formula.node(root).ok_or(ChainError::Malformed)? {
                    Node::Atom => draft.leaves.push(root),
                    Node::Add(..) | Node::Sub(..) => draft.sums.push(root),
                    Node::Neg(part) => {
                        draft.scale = -&draft.scale;
                        draft.over_open.push(part);
                    }
                    Node::Mul(a, b) => draft.over_open.extend([a, b]),
                    Node::Div(a, b) => {
                        draft.over_open.push(a);
                        draft.under_open.push(b);
                    }
                }
            } else if let Some(root) = draft.under_open.pop() {
                if let Some(value) = self.fixed(root)? {
                    if value.is_zero() {
                        return Err(ChainError::ZeroDenominator { sides: vec![Side::Before, Side::After] });
                    }
                    draft.scale /= value;
                    continue;
                }
                match self.formula.node(root).ok_or(ChainError::Malformed)? {
                    Node::Atom | Node::Add(..) | Node::Sub(..) => draft.under.push(root),
                    Node::Neg(part) => {
                        draft.scale = -&draft.scale;
                        draft.under_open.push(part);
                    }
                    Node::Mul(a, b) => draft.under_open.extend([a, b]),
                    Node::Div(a, b) => {
                        draft.under_open.push(a);
                        draft.over_open.push(b);
                    }
                }
            } else {
                return Ok(());
            }
        }
    }

    /// The two drafts that a draft with a sum among its factors is the sum of.
    fn cut(&self, mut draft: Draft) -> Vec<Draft> {
        let Some(sum) = draft.sums.pop() else { return vec![draft] };
        let (a, b, negative) = match self.formula.node(sum) {
            Some(Node::Add(a, b)) => (a, b, false),
            Some(Node::Sub(a, b)) => (a, b, true),
            _ => {
                draft.leaves.push(sum);
                return vec![draft];
            }
        };
        let mut second = draft.clone();
        draft.over_open.push(a);
        second.over_open.push(b);
        if negative {
            second.scale = -second.scale;
        }
        vec![draft, second]
    }

    /// The products of a draft without sums among their factors; `None` if there would be too many.
    fn multiply_out(&self, draft: &Draft) -> Result<Option<Vec<Term>>, ChainError> {
        let mut open = vec![draft.clone()];
        let mut products = Vec::new();
        while let Some(mut draft) = open.pop() {
            self.settle(&mut draft)?;
            if draft.sums.is_empty() {
                products.push(draft.done());
            } else {
                open.extend(self.cut(draft));
            }
            if open.len() + products.len() > MAX_PRODUCTS {
                return Ok(None);
            }
        }
        Ok(Some(products))
    }
}
