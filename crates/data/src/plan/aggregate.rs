//! Values made of many rows: all of them, or those of each group.
//!
//! Source: contract zenstack §3.5.

use std::sync::Arc;

use hallpass_sql::{
    Aggregate, Arithmetic, Direction, Expr, Nulls, Order, Select, Source, Statement, Value,
};
use hallpass_zmodel::schema::{Field, Model, Scalar};

use super::{Plan, Planner, Scene, Work, emit};
use crate::args::{
    AggregateArgs, GroupArgs, GroupKey, GroupOrder, Having, Listing, Measure, MeasureTest, Section,
};
use crate::client::Client;
use crate::codec::Codec;
use crate::error::{Error, InvalidInput};
use crate::measured::Measured;
use crate::record::Record;
use crate::shape::{Content, Shape, ShapeField};

/// A plan, and what it gives where there is no row, or none that may be seen.
pub(crate) struct Aggregated {
    pub(crate) plan: Plan,
    shape: Arc<Shape>,
    nothing: Vec<Value>,
}

impl Aggregated {
    /// What there is where no row may be seen.
    pub(crate) fn of_nothing(self) -> Result<Record, Error> {
        self.shape.record(self.nothing, &[])
    }
}

/// One row of values made of the rows of a listing.
pub(crate) fn aggregate(
    client: &Client,
    args: &AggregateArgs,
    model: &str,
) -> Result<Aggregated, Error> {
    let mut planner = Planner::new(client);
    let model = planner.model(model)?;
    let mut made = Made::default();
    let fields = args.sections.iter().flat_map(Section::measures);
    let fields = fields.filter_map(|measure| measure.field.as_deref());
    let base = planner.base(model, &args.rows, fields)?;
    let work = match base {
        Some(base) => {
            planner.sections(&base, &args.sections, &mut made)?;
            let columns = made.columns.clone();
            let select = Select {
                filter: base.filter,
                ..Select::from(base.source, columns)
            };
            planner.read(model, select, &mut made)?
        }
        None => {
            let base = Base::nowhere(model);
            planner.sections(&base, &args.sections, &mut made)?;
            made.shape(model);
            Work::Nothing
        }
    };
    Ok(made.aggregated(planner.finish(model, work), model))
}

/// How many rows a listing has.
pub(crate) fn count_of(client: &Client, rows: &Listing, model: &str) -> Result<Plan, Error> {
    let mut planner = Planner::new(client);
    let model = planner.model(model)?;
    let work = match planner.base(model, rows, std::iter::empty())? {
        Some(base) => {
            let select = Select {
                filter: base.filter,
                ..Select::from(base.source, vec![Expr::CountAll])
            };
            Work::Count(emit(&planner, &Statement::Select(select))?)
        }
        None => Work::Nothing,
    };
    Ok(planner.finish(model, work))
}

/// A row a group.
pub(crate) fn group_by(client: &Client, mut args: GroupArgs, model: &str) -> Result<Plan, Error> {
    let mut planner = Planner::new(client);
    let model = planner.model(model)?;
    let (common, having) = args.having.take().map(Having::parted).unwrap_or_default();
    let mut rows = Listing {
        filter: args.filter.take(),
        ..Listing::default()
    };
    if let Some(common) = common {
        rows.and(common);
    }
    let used = used(&args, having.as_ref());
    let Some(base) = planner.base(model, &rows, used.into_iter())? else {
        return Ok(planner.finish(model, Work::Nothing));
    };
    let mut made = Made {
        reversed: args.take.is_some_and(|take| take < 0),
        ..Made::default()
    };
    let group = planner.common(&base, &args.by, &mut made)?;
    planner.sections(&base, &args.sections, &mut made)?;
    let having = having.map(|having| planner.having(&base, &having));
    let bound = |rows: i64| Expr::Value(Value::Int(rows));
    let select = Select {
        having: having.transpose()?,
        order: planner.group_order(&base, &args, &group)?,
        limit: args.take.map(|take| bound(take.saturating_abs())),
        offset: args.skip.filter(|skip| *skip > 0).map(bound),
        group,
        filter: base.filter,
        ..Select::from(base.source, made.columns.clone())
    };
    let mut select = select;
    planner.ask(Some("groupBy"), model);
    planner.most = planner.cap_rows(args.take, &mut select);
    let work = planner.read(model, select, &mut made)?;
    if let Work::Rows { shape, .. } = &work {
        planner.all = planner.most_of_all("take", shape);
    }
    Ok(planner.finish(model, work))
}

/// The fields that the statement looks at; those of `where` are its own affair.
fn used<'a>(args: &'a GroupArgs, having: Option<&'a Having>) -> Vec<&'a str> {
    let mut used: Vec<&str> = args.by.iter().map(String::as_str).collect();
    let measures = args.sections.iter().flat_map(Section::measures);
    used.extend(measures.filter_map(|measure| measure.field.as_deref()));
    for order in &args.order {
        match &order.key {
            GroupKey::Field(name) => used.push(name),
            GroupKey::Measure(measure) => used.extend(measure.field.as_deref()),
        }
    }
    having
        .into_iter()
        .for_each(|having| fields_of(having, &mut used));
    used
}

fn fields_of<'h>(having: &'h Having, fields: &mut Vec<&'h str>) {
    match having {
        Having::All(parts) | Having::Any(parts) => {
            parts.iter().for_each(|part| fields_of(part, fields));
        }
        Having::Not(inner) => fields_of(inner, fields),
        Having::Common(_) => {}
        Having::Measure(measure, _) => fields.extend(measure.field.as_deref()),
    }
}

fn ascending(expr: Expr) -> Order {
    Order {
        expr,
        direction: Direction::Ascending,
        nulls: Nulls::Default,
    }
}

fn turn_around(order: &mut Order) {
    order.direction = match order.direction {
        Direction::Ascending => Direction::Descending,
        Direction::Descending => Direction::Ascending,
    };
    order.nulls = match order.nulls {
        Nulls::Default => Nulls::Default,
        Nulls::First => Nulls::Last,
        Nulls::Last => Nulls::First,
    };
}

/// What rows values are made of.
struct Base<'e> {
    model: &'e Model,
    source: Source,
    filter: Option<Expr>,
    /// What the rows of a statement inside are called; they have the columns of the table that are used.
    inside: Option<&'static str>,
}

/// What a column is called in the statement around the one inside. Two tables may have columns of one name.
fn label(model: &Model, field: &Field) -> String {
    match model.origin(field) {
        Some(origin) => format!("{origin}.{}", field.column),
        None => field.column.clone(),
    }
}

/// The rows of a statement inside.
const INSIDE: &str = "picked";

impl<'e> Base<'e> {
    /// Of no rows. Nobody asks a database about them.
    fn nowhere(model: &'e Model) -> Self {
        Self {
            model,
            source: Planner::source(model, None),
            filter: None,
            inside: None,
        }
    }

    fn scene(&self) -> Scene<'e, 'static> {
        match self.inside {
            Some(name) => Scene::called(self.model, name),
            None => Scene::alone(self.model),
        }
    }

    fn column(&self, planner: &Planner<'e>, name: &str) -> Result<Expr, InvalidInput> {
        let (field, codec) = planner.column(self.model, name)?;
        planner.require_open(self.model, field, &codec)?;
        match self.inside {
            Some(name) => Ok(Expr::of(name, label(self.model, field))),
            None => planner.at(self.scene(), field),
        }
    }
}

/// What a statement reads, and what is made of it.
#[derive(Default)]
struct Made {
    columns: Vec<Expr>,
    nothing: Vec<Value>,
    fields: Vec<ShapeField>,
    reversed: bool,
    shape: Option<Arc<Shape>>,
}

impl Made {
    /// Adds a column and gives its position. `nothing` is what it holds of no rows.
    fn add(&mut self, column: Expr, nothing: Value) -> usize {
        self.columns.push(column);
        self.nothing.push(nothing);
        self.columns.len() - 1
    }

    fn shape(&mut self, model: &Model) -> Arc<Shape> {
        let fields = &mut self.fields;
        let reversed = self.reversed;
        let shape = self.shape.get_or_insert_with(|| {
            Arc::new(Shape {
                model: model.name.clone(),
                fields: std::mem::take(fields),
                reversed,
                extended: None,
                key: Vec::new(),
            })
        });
        Arc::clone(shape)
    }

    fn aggregated(mut self, plan: Plan, model: &Model) -> Aggregated {
        Aggregated {
            plan,
            shape: self.shape(model),
            nothing: self.nothing,
        }
    }
}

impl<'e> Planner<'e> {
    /// The rows of a listing; `None` where there can be none. They come from a statement inside where only some of them
    /// count, and where what a person sees of a field is no plain column: one expression can then be a key of groups.
    fn base<'n>(
        &mut self,
        model: &'e Model,
        rows: &Listing,
        fields: impl Iterator<Item = &'n str>,
    ) -> Result<Option<Base<'e>>, InvalidInput> {
        let scene = Self::own(model);
        let mut names = Vec::new();
        let mut columns = Vec::new();
        let mut plain = model.base.is_none();
        for name in fields {
            let (field, _) = self.column(model, name)?;
            let label = label(model, field);
            if !names.contains(&label) {
                let visible = self.visible(scene, field)?;
                plain &= visible == self.at(scene, field)?;
                names.push(label);
                columns.push(visible);
            }
        }
        if columns.is_empty() {
            columns.push(Expr::Bool(true));
            names.push("row".to_owned());
        }
        let mut select = Select {
            names,
            ..self.rows(scene, columns)?
        };
        if !self.list(scene, rows, &mut select)? {
            return Ok(None);
        }
        let whole = rows.take.is_none() && rows.skip.is_none();
        if plain && whole {
            return Ok(Some(Base {
                filter: select.filter,
                ..Base::nowhere(model)
            }));
        }
        Ok(Some(Base {
            model,
            source: Source::Query {
                select: Box::new(select),
                alias: INSIDE.to_owned(),
            },
            filter: None,
            inside: Some(INSIDE),
        }))
    }

    fn read(&self, model: &Model, select: Select, made: &mut Made) -> Result<Work, Error> {
        let shape = made.shape(model);
        if select.columns.is_empty() {
            return Ok(Work::Nothing);
        }
        let query = emit(self, &Statement::Select(select))?;
        Ok(Work::Rows { query, shape })
    }

    fn sections(
        &mut self,
        base: &Base<'e>,
        sections: &[Section],
        made: &mut Made,
    ) -> Result<(), InvalidInput> {
        for section in sections {
            let field = match section {
                Section::Rows(name) => {
                    let position = made.add(Expr::CountAll, Value::Int(0));
                    ShapeField {
                        name: (*name).to_owned(),
                        content: Content::Count { position },
                    }
                }
                Section::Fields(_, measures) if measures.is_empty() => continue,
                Section::Fields(name, measures) => {
                    let fields = measures
                        .iter()
                        .map(|measure| self.measure(base, measure, made));
                    let shape = Shape {
                        model: base.model.name.clone(),
                        fields: fields.collect::<Result<_, _>>()?,
                        reversed: false,
                        extended: None,
                        key: Vec::new(),
                    };
                    ShapeField {
                        name: (*name).to_owned(),
                        content: Content::Group {
                            shape: Arc::new(shape),
                        },
                    }
                }
            };
            made.fields.push(field);
        }
        Ok(())
    }

    /// A member of a section, with the columns that it is made of.
    fn measure(
        &self,
        base: &Base<'e>,
        measure: &Measure,
        made: &mut Made,
    ) -> Result<ShapeField, InvalidInput> {
        let Some(name) = &measure.field else {
            let position = made.add(Expr::CountAll, Value::Int(0));
            return Ok(ShapeField {
                name: "_all".to_owned(),
                content: Content::Count { position },
            });
        };
        let column = base.column(self, name)?;
        let (field, codec) = self.column(base.model, name)?;
        let of = |column| Expr::Aggregate(measure.aggregate, Box::new(column));
        let content = match measure.aggregate {
            Aggregate::Count => Content::Count {
                position: made.add(of(column), Value::Int(0)),
            },
            Aggregate::Minimum | Aggregate::Maximum | Aggregate::Every | Aggregate::Any => {
                Content::Column {
                    position: made.add(extreme(measure.aggregate, column, &codec), Value::Null),
                    codec: codec.or_null(),
                }
            }
            Aggregate::Sum | Aggregate::Average => {
                self.total(measure.aggregate, column, &codec, made)
            }
        };
        Ok(ShapeField {
            name: field.name.clone(),
            content,
        })
    }

    /// A sum, or an average, which is worked out of the sum and the number: databases cut its digits differently.
    fn total(&self, aggregate: Aggregate, column: Expr, codec: &Codec, made: &mut Made) -> Content {
        let average = aggregate == Aggregate::Average;
        let scalar = codec.scalar().unwrap_or(Scalar::Float);
        let mut sum = |expr: Expr| {
            let sum = Expr::Aggregate(Aggregate::Sum, Box::new(expr));
            made.add(sum, Value::Null)
        };
        let exact = self.engine.capability().exact_numbers;
        let sums = match scalar {
            Scalar::BigInt if !exact => halves(&column).map(&mut sum).to_vec(),
            Scalar::Decimal if !exact => vec![sum(floating(column.clone()))],
            _ => vec![sum(column.clone())],
        };
        let count = average.then(|| {
            let count = Expr::Aggregate(Aggregate::Count, Box::new(column));
            made.add(count, Value::Int(0))
        });
        Content::Measured(Measured {
            scalar,
            sums,
            count,
            exact,
        })
    }

    /// A value of a group, to compare it or to sort by it.
    fn key_of_group(&self, base: &Base<'e>, measure: &Measure) -> Result<Expr, InvalidInput> {
        let Some(name) = &measure.field else {
            return Ok(Expr::CountAll);
        };
        let column = base.column(self, name)?;
        let (_, codec) = self.column(base.model, name)?;
        let exact = self.engine.capability().exact_numbers;
        let column = match (measure.aggregate, codec.scalar()) {
            (Aggregate::Minimum | Aggregate::Maximum, _) => {
                return Ok(extreme(measure.aggregate, column, &codec));
            }
            // Sums of large whole numbers would not fit there.
            (Aggregate::Sum, Some(Scalar::BigInt | Scalar::Decimal)) if !exact => floating(column),
            _ => column,
        };
        Ok(Expr::Aggregate(measure.aggregate, Box::new(column)))
    }

    /// What the rows of a group have in common.
    fn common(
        &self,
        base: &Base<'e>,
        by: &[String],
        made: &mut Made,
    ) -> Result<Vec<Expr>, InvalidInput> {
        let keys = by.iter().map(|name| {
            let column = base.column(self, name)?;
            let (_, codec) = self.column(base.model, name)?;
            let position = made.add(column.clone(), Value::Null);
            made.fields.push(ShapeField {
                name: name.clone(),
                content: Content::Column { position, codec },
            });
            Ok(column)
        });
        keys.collect()
    }

    fn group_order(
        &self,
        base: &Base<'e>,
        args: &GroupArgs,
        group: &[Expr],
    ) -> Result<Vec<Order>, InvalidInput> {
        let orders = args.order.iter().map(|order| self.group_key(base, order));
        let mut orders = orders.collect::<Result<Vec<_>, _>>()?;
        if orders.is_empty() && (args.take.is_some() || args.skip.is_some()) {
            // Pages of groups in no order would hold some twice and others never.
            orders = group.iter().cloned().map(ascending).collect();
        }
        if args.take.is_some_and(|take| take < 0) {
            orders.iter_mut().for_each(turn_around);
        }
        Ok(orders)
    }

    fn group_key(&self, base: &Base<'e>, order: &GroupOrder) -> Result<Order, InvalidInput> {
        Ok(Order {
            expr: match &order.key {
                GroupKey::Field(name) => base.column(self, name)?,
                GroupKey::Measure(measure) => self.key_of_group(base, measure)?,
            },
            direction: order.direction,
            nulls: order.nulls,
        })
    }

    fn having(&mut self, base: &Base<'e>, having: &Having) -> Result<Expr, InvalidInput> {
        let all = |planner: &mut Self, parts: &[Having]| {
            let parts = parts.iter().map(|part| planner.having(base, part));
            parts.collect::<Result<Vec<_>, _>>()
        };
        Ok(match having {
            Having::All(parts) => Expr::And(all(self, parts)?),
            Having::Any(parts) => Expr::Or(all(self, parts)?),
            Having::Not(inner) => Expr::Not(Box::new(self.having(base, inner)?)),
            // Beside values of groups, in an OR. Rules of fields were asked by the statement inside, whose rows have
            // no other columns that these rules could look at.
            Having::Common(_) if base.inside.is_some() => {
                return Err(InvalidInput::Having {
                    model: base.model.name.clone(),
                });
            }
            Having::Common(filter) => self.condition(base.scene(), filter, false)?,
            Having::Measure(measure, test) => tested(&self.key_of_group(base, measure)?, test),
        })
    }
}

fn tested(value: &Expr, test: &MeasureTest) -> Expr {
    let boxed = || Box::new(value.clone());
    match test {
        MeasureTest::IsNull => Expr::IsNull(boxed()),
        MeasureTest::Compare(comparison, operand) => {
            Expr::Compare(boxed(), *comparison, Box::new(Expr::exact(operand.clone())))
        }
        MeasureTest::In(operands) => {
            Expr::In(boxed(), operands.iter().cloned().map(Expr::exact).collect())
        }
        MeasureTest::All(tests) => {
            Expr::And(tests.iter().map(|test| tested(value, test)).collect())
        }
        MeasureTest::Not(test) => Expr::Not(Box::new(tested(value, test))),
    }
}

/// The least or greatest value of a column, as every database can say it.
fn extreme(aggregate: Aggregate, column: Expr, codec: &Codec) -> Expr {
    let aggregate = match (aggregate, codec.scalar()) {
        (Aggregate::Minimum, Some(Scalar::Boolean)) => Aggregate::Every,
        (Aggregate::Maximum, Some(Scalar::Boolean)) => Aggregate::Any,
        (other, _) => other,
    };
    let column = if codec.is_named_text() {
        Expr::AsText(Box::new(column))
    } else {
        column
    };
    Expr::Aggregate(aggregate, Box::new(column))
}

fn floating(column: Expr) -> Expr {
    calculated(column, Arithmetic::Multiply, Value::Float(1.0))
}

/// The upper and the lower half of a whole number of 64 bits: sums of halves fit where sums of numbers do not.
fn halves(column: &Expr) -> [Expr; 2] {
    let unit = || Value::Int(Measured::HALF);
    let upper = calculated(column.clone(), Arithmetic::DivideWhole, unit());
    let cut = calculated(upper.clone(), Arithmetic::Multiply, unit());
    let lower = Expr::Arithmetic(
        Box::new(column.clone()),
        Arithmetic::Subtract,
        Box::new(cut),
    );
    [upper, lower]
}

fn calculated(one: Expr, how: Arithmetic, other: Value) -> Expr {
    Expr::Arithmetic(Box::new(one), how, Box::new(Expr::Value(other)))
}
