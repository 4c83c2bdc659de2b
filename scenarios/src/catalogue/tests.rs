//! The catalogue against figures known from elsewhere.

use std::collections::BTreeMap;

use super::*;

#[test]
fn the_list_is_whole_and_agrees_with_the_price_book() {
    assert!(instance_types().len() >= 80);
    assert_eq!(instance_types().len(), 144);
    let book = price_book(DEFAULT_PRICE_BOOK).expect("the default book exists");
    assert_eq!(book.ec2.on_demand.len(), 144);
    for kind in instance_types() {
        assert_eq!(book.ec2.on_demand.get(&kind.name), Some(&kind.on_demand_hour), "{}", kind.name);
        assert_eq!(kind.max_pods, kind.max_enis * (kind.ipv4_per_eni - 1) + 2, "{}", kind.name);
        assert_eq!(kind.burst.is_some(), kind.name.starts_with('t'));
        assert_eq!(kind.trunk_tasks.is_some(), kind.burst.is_none());
        assert_eq!(book.ec2.surplus_vcpu_hour.contains_key(kind.family()), kind.burst.is_some());
    }
}

#[test]
fn prices_match_independent_figures() {
    let check = |name: &str, hour: f64| assert_eq!(instance_type(name).map(|t| t.on_demand_hour), Some(hour));
    check("m5.large", 0.096);
    check("m6i.large", 0.096);
    check("c6i.xlarge", 0.17);
    check("m7g.xlarge", 0.1632);
    check("r6i.4xlarge", 1.008);
    check("t3.large", 0.0832);
    check("t3.micro", 0.0104);
    check("r5.2xlarge", 0.504);
}

#[test]
fn prices_are_linear_in_size() {
    let mut per_vcpu: BTreeMap<&str, f64> = BTreeMap::new();
    for kind in instance_types().filter(|kind| kind.burst.is_none()) {
        let price = kind.on_demand_hour / f64::from(kind.vcpu);
        let first = *per_vcpu.entry(kind.family()).or_insert(price);
        assert!((price / first - 1.0).abs() < 0.001, "{}: {price} a vCPU, the family {first}", kind.name);
    }
    assert_eq!(per_vcpu.len(), 17);
}

#[test]
fn interfaces_limit_tasks_as_documented() {
    let check = |name: &str, plain: u32, trunked: u32| {
        let kind = instance_type(name).expect(name);
        assert_eq!((kind.awsvpc_tasks(false), kind.awsvpc_tasks(true)), (plain, trunked), "{name}");
    };
    check("m5.large", 2, 10);
    check("c7g.xlarge", 3, 20);
    check("m6g.2xlarge", 3, 40);
    check("m6i.4xlarge", 7, 60);
    check("c5.9xlarge", 7, 60);
    check("m6i.8xlarge", 7, 90);
    check("m5.12xlarge", 7, 60);
    check("r7i.12xlarge", 7, 120);
    check("m5.16xlarge", 14, 120);
    check("t3.medium", 2, 2);
}

#[test]
fn what_follows_from_a_type() {
    let large = instance_type("t3.large").expect("t3.large");
    let burst = large.burst.expect("t3 is burstable");
    assert_eq!((large.family(), large.size(), large.cpu().0), ("t3", "large", 2048));
    assert_eq!((burst.baseline, burst.credits_per_hour, burst.max_credits()), (0.3, 36, 864));
    assert_eq!(large.registered_memory(), MemorySize(7987));
    for kind in instance_types() {
        if let Some(burst) = kind.burst {
            let earned = burst.baseline * f64::from(kind.vcpu) * 60.0;
            assert!((earned - f64::from(burst.credits_per_hour)).abs() < 1e-9, "{}", kind.name);
        }
    }
}

#[test]
fn near_names_are_offered() {
    let check = |name: &str, expected: &[&str]| assert_eq!(nearest_instance_types(name)[..1], *expected);
    check("m7g.larg", &["m7g.large"]);
    check("M5.XLARGE", &["m5.xlarge"]);
    check("c6i-large", &["c6i.large"]);
    assert_eq!(nearest_instance_types("a-large-computer"), [""; 0]);
    assert_eq!(nearest_price_books("us-east-1-2026-08"), ["us-east-1-2026-09"]);
}

#[test]
fn a_wrong_book_is_refused_with_every_problem() {
    let text = BOOKS[0];
    let check = |from: &str, to: &str, expected: &str| {
        assert!(text.contains(from), "{from}");
        let error = read_price_book(&text.replacen(from, to, 1)).expect_err(to);
        assert!(error.contains(expected), "{error}");
    };
    check("name     = ", "nam = ", "unknown field `nam`");
    check("price = 0.04048", "price = -1", "Fargate CPU, x86_64: -1 is not a price");
    check("price = 0.65", "price = 65", "EC2 Spot discount: 65 is more than the whole price");
    check("upto = 300", "upto = -300", "api_gateway.http.tiers");
    check("upto = 1000,", "upto = 100,", "api_gateway.rest.tiers");
    check("{ price = 0.90 }", "{ upto = 500, price = 0.90 }", "api_gateway.http.tiers");
    let two = text.replacen("price = 0.04048", "price = nan", 1).replacen("price = 0.0225", "price = inf", 1);
    assert_eq!(read_price_book(&two).expect_err("two problems").lines().count(), 2);
}

#[test]
fn every_price_is_quoted_with_its_source() {
    let book = price_book(DEFAULT_PRICE_BOOK).expect("the default book exists");
    let quotes = book.quotes();
    assert!(quotes.len() > 144 + 20);
    assert!(quotes.iter().all(|quote| !quote.source.is_empty() && quote.price > 0.0));
    let assumed: Vec<&str> = quotes.iter().filter(|q| q.assumed).map(|q| q.item.as_str()).collect();
    assert_eq!(assumed, ["EC2 Spot discount", "EC2 t4g surplus CPU credits", "Fargate Spot discount"]);
}
